"""Environments for agents (Gymnasium): a broken cluster, to be mended with kubectl's commands in simulated time.

    import gymnasium, kubelapse.gym

    env = gymnasium.make("kubelapse/Drill-v0", level=2)
    told, info = env.reset(seed=7)
    told, reward, over, cut, info = env.step("kubectl get pods")

An episode is a drill, or a scenario from the moment at which something goes wrong in it. The agent looks, acts and waits; each
line takes five seconds of the cluster's time. Reward is what the score has grown by, out of 1, so that an episode's return is
its score. What is observed, what can be done and how it is scored is written down in docs/agents.md; classes and constants say
it in short.

Needs gymnasium and numpy: pip install 'kubelapse[gym]'.
"""

from __future__ import annotations

try:
    import gymnasium
    import numpy  # noqa: F401
except ImportError as problem:
    raise ImportError(f"kubelapse.gym needs gymnasium and numpy ({problem}): pip install 'kubelapse[gym]'") from problem

from .baselines import Random, Scripted, play
from .draw import Drills, Lessons, catalogue
from .env import Env
from .spaces import CLOCK, FEATURES, KINDS, ROWS, TARGETS, VERBS

__all__ = [
    "CLOCK",
    "Drills",
    "Env",
    "FEATURES",
    "KINDS",
    "Lessons",
    "ROWS",
    "Random",
    "Scripted",
    "TARGETS",
    "VERBS",
    "catalogue",
    "play",
    "register",
]


def register() -> None:
    """Makes the environments known to gymnasium.make; importing this module does it."""
    for name, task in [("Drill", "drills"), ("Catalogue", "catalogue"), ("Lesson", "crash-loop")]:
        known = f"kubelapse/{name}-v0"
        if known not in gymnasium.registry:
            gymnasium.register(id=known, entry_point="kubelapse.gym.env:Env", kwargs={"task": task})


register()
