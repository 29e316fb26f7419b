"""Which task an episode has: drills by seed and level, scenarios by name and seed; what is for training, what for the test.

Seeds are split by parity: training has the even ones, the test the odd ones. Drills can be split by the kinds of their faults as
well: of kinds that are held out training sees none, and each drill of the test has one at least. Of the catalogue every fifth
lesson is for the test. All of it follows from numbers and names alone, so that two who speak of `test` speak of the same.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy

from .. import _kubelapse
from .._kubelapse import Episode, Task, drill_kinds
from .spaces import KINDS

SPLITS = ("train", "test")
# Seeds are below this.
_SEEDS = 1 << 31
# So many drills are looked at for one that fits.
_TRIES = 10_000


def split_seed(split: str | None, number: int) -> int:
    """The number-th seed of a split; None: of all."""
    return number if split is None else 2 * number + SPLITS.index(split)


@functools.lru_cache(maxsize=256)
def _shipped_task(name: str, kubernetes: str | None) -> Task:
    return Task(name, kubernetes=kubernetes)


def catalogue(split: str | None = None) -> list[str]:
    """Names of the lessons that are built in, those of a split or all of them; what takes seconds and more is not among them."""
    names = [own.name for own in _kubelapse.catalogue() if own.is_lesson and not own.is_large]
    if split is None:
        return names
    return [name for ix, name in enumerate(names) if (ix % 5 == 4) == (split == "test")]


def _number(rng: numpy.random.Generator, seeds: int | None) -> int:
    return int(rng.integers(0, seeds or _SEEDS))


def _kind(own: object) -> str:
    if own not in KINDS:
        raise ValueError(f"there is no kind of fault {own!r}: there are {', '.join(KINDS)}")
    return str(own)


class Drills:
    """Drills of a level; `seeds`: only the first so many of the split, which are then prepared once each."""

    def __init__(self, level: int, split: str | None, hold_out: Iterable[str] = (), seeds: int | None = None):
        held_out = [_kind(own) for own in ([hold_out] if isinstance(hold_out, str) else hold_out)]
        if held_out and split is None:
            raise ValueError("kinds are held out from training for the test: split='train' or split='test'")
        drill_kinds(0, level)
        self.level, self.split, self.held_out, self.seeds = level, split, frozenset(held_out), seeds
        self._prepared = _Prepared()

    def fits(self, seed: int, level: int | None = None) -> bool:
        """Whether a drill is one of the split."""
        if self.split is not None and seed % 2 != SPLITS.index(self.split):
            return False
        if not self.held_out:
            return True
        return bool(self.held_out & set(drill_kinds(seed, level or self.level))) == (self.split == "test")

    def draw(self, rng: numpy.random.Generator, options: Mapping[str, Any]) -> tuple[Episode, dict]:
        """The next one; options: `seed`, `level` name one instead."""
        level = int(options.get("level", self.level))
        seed = options.get("seed")
        if seed is None:
            for _ in range(_TRIES):
                seed = split_seed(self.split, _number(rng, self.seeds))
                if self.fits(seed, level):
                    break
            else:
                raise ValueError(f"no drill of level {level} has what was held out: {', '.join(sorted(self.held_out))}")
        seed = int(seed)
        make = functools.partial(Episode.of_drill, seed, level)
        keep = self.seeds is not None or "seed" in options
        return self._prepared.start((seed, level), make, keep), {"task": "drill", "seed": seed, "level": level}


class Lessons:
    """Scenarios from the moment at which the trouble begins; of the catalogue those that do not heal by themselves."""

    def __init__(
        self,
        source: Any,
        split: str | None,
        seeds: int | None = None,
        kubernetes: str | None = None,
        set: Mapping[str, Any] | None = None,
    ):
        self.split, self.seeds, self.kubernetes = split, seeds, kubernetes
        self.names = catalogue(split) if isinstance(source, str) and source == "catalogue" else None
        self._own: Task | None = None
        self._prepared = _Prepared()
        if self.names is None:
            is_shipped = isinstance(source, str) and not set and source in catalogue()
            self._own = _shipped_task(source, kubernetes) if is_shipped else Task(source, set=set, kubernetes=kubernetes)
        elif set:
            raise ValueError("values of one scenario can be set, and not of the whole catalogue")

    def _task(self, rng: numpy.random.Generator, options: Mapping[str, Any]) -> Task:
        if self._own is not None:
            return self._own
        if "lesson" in options:
            return _shipped_task(options["lesson"], self.kubernetes)
        while True:
            task = _shipped_task(self.names[int(rng.integers(0, len(self.names)))], self.kubernetes)
            if not (task.is_calm or task.heals):
                return task

    def draw(self, rng: numpy.random.Generator, options: Mapping[str, Any]) -> tuple[Episode, dict]:
        """The next one; options: `seed`, `lesson` name one instead."""
        task = self._task(rng, options)
        seed = options.get("seed")
        seed = split_seed(self.split, _number(rng, self.seeds)) if seed is None else int(seed)
        keep = self.seeds is not None or "seed" in options
        episode = self._prepared.start((task.name, seed), functools.partial(task.start, seed), keep)
        return episode, {"task": task.name, "seed": seed}


class _Prepared:
    """Episodes that stand at their beginning: who begins one again gets a copy. So many are kept, the last ones."""

    MOST = 128

    def __init__(self):
        self._kept: OrderedDict[Any, Episode] = OrderedDict()

    def __getstate__(self) -> tuple[()]:
        """Another process prepares its own."""
        return ()

    def __setstate__(self, state: tuple[()]) -> None:
        self._kept = OrderedDict()

    def start(self, key, make, keep: bool) -> Episode:
        if not keep:
            return make()
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            self._kept[key] = make()
            if len(self._kept) > self.MOST:
                self._kept.popitem(last=False)
        return self._kept[key].copy()
