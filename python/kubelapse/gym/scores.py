"""The table of the baselines in docs/agents.md: `python -m kubelapse.gym.scores [--drills 100] [--levels 1 2 3 4 5]`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import gymnasium

from .baselines import Random, Scripted, play
from .draw import split_seed
from .env import Env

AGENTS: dict[str, tuple[Callable[[gymnasium.Env], object], dict]] = {
    "Random": (lambda env: Random(env), {"observation": "structured", "max_steps": 100}),
    "Scripted": (lambda env: Scripted(), {"observation": "kubectl", "max_steps": 200}),
}


def row(name: str, level: int, drills: int) -> str:
    """One line: an agent at a level."""
    make, keys = AGENTS[name]
    env = Env("drills", level=level, split="test", **keys)
    agent = make(env)
    ends = [play(env, agent, options={"seed": split_seed("test", number)}) for number in range(drills)]
    scores = [end["score"] for end in ends]
    points = sum(score["points"]["total"] for score in scores) / drills
    took = [score["seconds"] for score in scores if score["solved"]]
    faults = sum(len(end["causes"]) for end in ends)
    named = sum(end["named"] for end in ends)
    steps = sum(end["steps"] for end in ends) / drills
    time = f"{sum(took) / len(took) / 60:.1f} min" if took else "-"
    return f"| {name} | {level} | {points:.1f} | {len(took) / drills:.0%} | {named / faults:.0%} | {time} | {steps:.0f} |"


def table(drills: int, levels: list[int]) -> str:
    """All of it, in Markdown."""
    head = "| agent | level | points | mended | named | time | steps |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    return head + "".join(f"{row(name, level, drills)}\n" for name in AGENTS for level in levels)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--drills", type=int, default=100)
    arguments.add_argument("--levels", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    own = arguments.parse_args()
    print(table(own.drills, own.levels), end="")
