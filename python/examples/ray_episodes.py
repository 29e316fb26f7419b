"""Episodes on a Ray cluster: actors that each hold an environment and play what they are given, as env runners do.

    pip install 'kubelapse[gym]' ray && python ray_episodes.py

Which episode an actor plays does not change what comes of it: an episode is its seed and its actions.
"""

import ray
from kubelapse import gym


@ray.remote
class Runner:
    """Holds an environment, and plays episodes by their seeds."""

    def __init__(self, level: int):
        self.env = gym.Env("drills", level=level)

    def play(self, seeds: list[int]) -> list[dict]:
        """The scores, in the order of the seeds."""
        agent = gym.Scripted()
        return [gym.play(self.env, agent, options={"seed": seed})["score"] for seed in seeds]


def episodes(count: int = 16, runners: int = 2, level: int = 2) -> list[dict]:
    """Scores of so many drills, dealt out to so many actors."""
    actors = [Runner.remote(level) for _ in range(runners)]
    dealt = [list(range(own, count, runners)) for own in range(runners)]
    played = ray.get([actor.play.remote(seeds) for actor, seeds in zip(actors, dealt)])
    scores = {score["seed"]: score for part in played for score in part}
    return [scores[seed] for seed in range(count)]


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False)
    scores = episodes()
    mended = sum(score["solved"] for score in scores)
    print(f"{mended} of {len(scores)} mended, {sum(score['points']['total'] for score in scores) / len(scores):.1f} points")
    ray.shutdown()
