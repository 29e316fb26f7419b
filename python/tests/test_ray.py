"""The examples on Ray: what many play apart is what one plays alone. Where Ray is not installed there is nothing to be played."""

import sys
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")
pytest.importorskip("gymnasium")

import kubelapse  # noqa: E402
from kubelapse import gym  # noqa: E402

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def examples():
    sys.path.insert(0, str(EXAMPLES))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": str(EXAMPLES)}})
    import ray_episodes
    import ray_sweep

    yield ray_sweep, ray_episodes
    ray.shutdown()
    sys.path.remove(str(EXAMPLES))


def test_a_sweep_on_ray_is_that_of_one_machine(examples):
    ray_sweep, _ = examples
    rows = ray_sweep.sweep(seeds=4, part=3)
    assert [(row["kubernetes"], row["seed"]) for row in rows] == [(v, s) for v in ("1.32", "1.36") for s in range(4)]
    for row in rows:
        alone = kubelapse.run(ray_sweep.SCENARIO, seed=row["seed"], kubernetes=row["kubernetes"])
        assert alone.digest == row["digest"] and alone.pods["restarts"] == [row["restarts"]]


def test_episodes_on_ray_are_those_of_one_machine(examples):
    _, ray_episodes = examples
    scores = ray_episodes.episodes(count=4, runners=2, level=1)
    env = gym.Env("drills", level=1)
    for seed, score in enumerate(scores):
        assert score == gym.play(env, gym.Scripted(), options={"seed": seed})["score"]
