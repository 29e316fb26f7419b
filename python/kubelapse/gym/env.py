"""The environment: one task after the other, observed as text or as numbers, acted on by lines or by choices of a menu."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import gymnasium
import numpy

from .._kubelapse import Episode
from .draw import SPLITS, Drills, Lessons
from .spaces import LINE_LENGTH, TARGETS, VERBS, action_space, fitted, observation_space, tables


class Env(gymnasium.Env):
    """A broken cluster, to be mended.

    task: `drills`; `catalogue`, all lessons that do not heal by themselves; the name of a scenario that is built in; a path, a
        text or a dict, as kubelapse.run takes it.
    observation: `kubectl`, what the last line has printed; `structured`, tables of numbers (see kubelapse.gym.spaces).
    actions: `text`, a line as it is typed; `menu`, a verb and a target; `flat`, both in one number. As default text goes with
        text and the menu with numbers. A text is taken in any case.
    level: of drills, 1 to 5.
    split: `train` or `test`: seeds of one are never of the other; None: all.
    hold_out: kinds of faults (KINDS) that only drills of the test have.
    seeds: so many different seeds only, each prepared once: faster, and less to learn from.
    seed: of the first reset that is given none.
    max_steps: after so many an episode is cut off (truncated).
    shaping: how much of the share of what is wanted and is so is paid as it changes; 0: the score alone.
    kubernetes, set: as kubelapse.run takes them; of scenarios.

    Reward is what the score has grown by since the step before, out of 1, and shaping × the growth of that share. An episode ends
    (terminated) once all is mended and its causes are named, when the scenario is over, or with `surrender`. info has `time`,
    seconds since the agent came, `clock`, seconds since the start of the run, `points`, `met` and `wanted`, `mended`, `said`,
    what was printed; at the end `score` as `kubelapse drill --json` writes it, and `causes`.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 1}

    def __init__(
        self,
        task: Any = "drills",
        *,
        observation: str = "kubectl",
        actions: str | None = None,
        level: int = 1,
        split: str | None = None,
        hold_out: Iterable[str] = (),
        seeds: int | None = None,
        seed: int | None = None,
        max_steps: int = 200,
        shaping: float = 0.0,
        kubernetes: str | None = None,
        set: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ):
        actions = actions or {"kubectl": "text"}.get(observation, "menu")
        _one_of("observation", observation, ("kubectl", "structured"))
        _one_of("actions", actions, ("text", "menu", "flat"))
        _one_of("split", split, (None, *SPLITS))
        _one_of("render_mode", render_mode, (None, *self.metadata["render_modes"]))
        if max_steps < 1:
            raise ValueError(f"max_steps is {max_steps}: an episode has one at least")
        self.observation, self.actions, self.max_steps, self.shaping = observation, actions, max_steps, shaping
        self.render_mode = render_mode
        self.observation_space = observation_space(observation)
        self.action_space = action_space(actions)
        if isinstance(task, str) and task == "drills":
            if kubernetes or set:
                raise ValueError("kubernetes and set are of scenarios; a drill is made as its seed and level say")
            self.tasks = Drills(level, split, hold_out, seeds)
        else:
            if hold_out:
                raise ValueError("hold_out is of drills: scenarios have no kinds of faults")
            self.tasks = Lessons(task, split, seeds, kubernetes, set)
        self._first_seed = seed
        self._episode: Episode | None = None
        self._what: dict = {}
        self._said = ""
        self._steps = self._points = 0
        self._met = 0.0
        self._is_over = True

    @property
    def episode(self) -> Episode:
        """The one under way."""
        if self._episode is None:
            raise gymnasium.error.ResetNeeded("no episode is under way: env.reset() begins one")
        return self._episode

    @property
    def causes(self) -> list[tuple[str, str]]:
        """What is wrong: kinds, and an object each. An agent is not told."""
        return self.episode.causes

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """The next task; options: `seed` and `level` name a drill, `seed` and `lesson` a lesson."""
        if seed is None and self._first_seed is not None:
            seed, self._first_seed = self._first_seed, None
        super().reset(seed=seed)
        options = options or {}
        unknown = sorted({*options} - {"seed", "level", "lesson"})
        if unknown:
            raise ValueError(f"options have no {', '.join(unknown)}: there are seed, level, lesson")
        self._episode, self._what = self.tasks.draw(self.np_random, options)
        self._said = self._episode.brief()
        self._steps = 0
        self._points, self._is_over, _, met, wanted = self._episode.state
        self._met = met / max(wanted, 1)
        return self._observed(), self._info(self._episode.state)

    def step(self, action):
        """A line, or a choice of the menu."""
        if self._is_over:
            raise gymnasium.error.ResetNeeded("the episode is over: env.reset() begins the next one")
        if isinstance(action, str):
            self._said, state = self.episode.say(action[:LINE_LENGTH])
        else:
            self._said, state = self.episode.choose(*self._choice(action))
        points, over, _, met, wanted = state
        share = met / max(wanted, 1)
        reward = (points - self._points) / 100 + self.shaping * (share - self._met)
        self._points, self._met = points, share
        self._steps += 1
        cut = not over and self._steps >= self.max_steps
        self._is_over = over or cut
        return self._observed(), reward, over, cut, self._info(state)

    def _choice(self, action) -> tuple[int, int]:
        if self.actions == "flat":
            verb, target = divmod(int(action), TARGETS)
        else:
            verb, target = (int(own) for own in action)
        if not (0 <= verb < len(VERBS) and 0 <= target < TARGETS):
            raise ValueError(f"the menu has {len(VERBS)} verbs and {TARGETS} targets, and no {action!r}")
        return verb, target

    def lines(self, action) -> list[str]:
        """What is typed for a choice of the menu."""
        return self.episode.lines(*self._choice(action))

    def action_masks(self) -> numpy.ndarray:
        """Which choices of the menu mean something here: verbs × targets, or of `flat` all in one row."""
        mask = numpy.frombuffer(self.episode.mask(), numpy.int8).astype(bool)
        return mask if self.actions == "flat" else mask.reshape(len(VERBS), TARGETS)

    def _observed(self):
        if self.observation == "kubectl":
            return fitted(self._said)
        return tables(self.episode.observe())

    def _info(self, state) -> dict:
        points, over, mended, met, wanted = state
        episode = self.episode
        info = {
            **self._what,
            "time": episode.time,
            "clock": episode.clock,
            "points": points,
            "met": met,
            "wanted": wanted,
            "mended": mended,
            "said": self._said,
        }
        if self._is_over:
            info["score"] = json.loads(episode.score())
            info["causes"] = episode.causes
            info["named"] = episode.named
        return info

    def render(self):
        """What the last line has printed, below where the cluster stands."""
        if self.render_mode is None:
            return None
        return f"[{self.episode.time:.0f} s, {self._points} points]\n{self.episode.tree()}\n{self._said}"


def _one_of(what: str, own, known) -> None:
    if own not in known:
        raise ValueError(f"{what} is {own!r}: there are {', '.join(repr(one) for one in known)}")
