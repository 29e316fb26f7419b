"""What can be wrong.

`KubelapseError` is all of them. `ScenarioError` is about what is to be played (a scenario, a manifest, a value that is set, an action);
`InputError` about what is asked (what a cluster printed, an argument); both are also `ValueError`s. `Fault` is a fault of kubelapse
itself: please report what it says. `TooLarge` is a `ScenarioError` and a `MemoryError`. The text of each is what the program prints;
`problems` has the same, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Fault", "InputError", "KubelapseError", "Problem", "ScenarioError", "TooLarge"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    message: str
    """What, in a sentence; what is accepted stands behind it."""
    file: str = ""
    """The file, or how the text is called; empty: it has none."""
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1, in characters."""
    key: str = ""
    """The way to the value from the root of a scenario: `pod[0].spec.restartPolicy`."""
    hint: str = ""
    """What could be done."""
    code: str = ""
    """The kind of problem, as the program prints it: `E0002`."""


class KubelapseError(Exception):
    """Something is wrong; `problems` has what, one by one."""

    problems: tuple[Problem, ...]

    def __init__(self, text: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems) or (Problem(text),)


class ScenarioError(KubelapseError, ValueError):
    """A scenario, a manifest, a value that is set or an action that cannot be used."""


class TooLarge(ScenarioError, MemoryError):
    """A scenario whose pods alone take more memory than there is (on Linux); nothing of it was played."""


class InputError(KubelapseError, ValueError):
    """What a cluster printed, or an argument, that cannot be used."""


class Fault(KubelapseError, RuntimeError):
    """A fault of kubelapse itself, not of what was asked: please report its text."""
