"""What is observed and what can be done, as spaces.

Text holds what a terminal prints: a character that is none of CHARACTERS becomes `?`, and of a longer text the beginning counts.
Numbers are of 32 bits, from 0 to 1; the names of a row's features are FEATURES["pods"], FEATURES["objects"], FEATURES["nodes"]
and CLOCK, and how many rows there are ROWS says. A choice of the menu is a verb and a target: VERBS[verb] of the object that
has the place `target` among TARGETS (first objects, then nodes, then pods, as the observation has them).
"""

from __future__ import annotations

import re
import string

import numpy
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Text

from .._kubelapse import env_words

_WORDS = env_words()

KINDS: tuple[str, ...] = tuple(_WORDS["kinds"])
ROWS: dict[str, int] = {name: _WORDS[name][0] for name in ("pods", "objects", "nodes")}
FEATURES: dict[str, tuple[str, ...]] = {name: tuple(_WORDS[name][1]) for name in ("pods", "objects", "nodes")}
CLOCK: tuple[str, ...] = tuple(_WORDS["clock"])
VERBS: tuple[str, ...] = tuple(_WORDS["verbs"])
TARGETS: int = sum(ROWS.values())

TEXT_LENGTH = 1 << 16
LINE_LENGTH = 1024
CHARACTERS = string.ascii_letters + string.digits + string.punctuation + " \n\t" + "▁▂▃▄▅▆▇█·→…×"
LINE_CHARACTERS = string.ascii_letters + string.digits + string.punctuation + " "
_OTHERS = re.compile("[^" + re.escape(CHARACTERS) + "]")
_MORE = "\n… the rest is cut off\n"

# Where each table lies among the numbers.
_PARTS: list[tuple[str, tuple[int, ...], int, int]] = []
_at = 0
for _name in ("pods", "objects", "nodes"):
    _shape = (ROWS[_name], len(FEATURES[_name]))
    _PARTS.append((_name, _shape, _at, _at + _shape[0] * _shape[1]))
    _at = _PARTS[-1][3]
_PARTS.append(("clock", (len(CLOCK),), _at, _at + len(CLOCK)))


def observation_space(observation: str):
    """`kubectl`: Text; `structured`: a Dict of four Boxes."""
    if observation == "kubectl":
        return Text(min_length=0, max_length=TEXT_LENGTH, charset=CHARACTERS)
    return Dict({name: Box(0.0, 1.0, shape, numpy.float32) for name, shape, _, _ in _PARTS})


def action_space(actions: str):
    """`text`: a line; `menu`: a verb and a target; `flat`: verb × TARGETS + target."""
    if actions == "text":
        return Text(min_length=0, max_length=LINE_LENGTH, charset=LINE_CHARACTERS)
    if actions == "menu":
        return MultiDiscrete([len(VERBS), TARGETS])
    return Discrete(len(VERBS) * TARGETS)


def fitted(text: str) -> str:
    """A text as the space holds it."""
    if len(text) > TEXT_LENGTH:
        text = text[: TEXT_LENGTH - len(_MORE)] + _MORE
    return _OTHERS.sub("?", text)


def tables(numbers: bytes) -> dict[str, numpy.ndarray]:
    """The structured observation from its numbers."""
    whole = numpy.frombuffer(bytearray(numbers), numpy.float32)
    return {name: whole[start:end].reshape(shape) for name, shape, start, end in _PARTS}
