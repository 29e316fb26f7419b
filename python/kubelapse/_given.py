"""What a cluster printed, wherever it comes from: a path, a text, or objects as a client of Kubernetes has them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from ._kubelapse import Run


def text_of(given) -> tuple[str, str]:
    """Its name and its text."""
    if isinstance(given, Run):
        return given.name, given.timeline_csv().decode()
    if isinstance(given, os.PathLike):
        return str(given), Path(given).read_bytes().decode(errors="replace")
    if isinstance(given, bytes):
        return "text", given.decode(errors="replace")
    if isinstance(given, str):
        if "\n" in given or given.lstrip()[:1] in ("{", "[") or not given.strip():
            return "text", given
        return given, Path(given).read_bytes().decode(errors="replace")
    if isinstance(given, Mapping):
        return "objects", json.dumps(given, default=_plain)
    if any(hasattr(given, name) for name in _KNOWN):
        return "objects", json.dumps(given, default=_plain)
    if isinstance(given, Sequence):
        return "objects", json.dumps({"apiVersion": "v1", "kind": "List", "items": list(given)}, default=_plain)
    raise TypeError(f"what kubectl printed is a path, a text, an object or a list of objects, and no {type(given).__name__}")


# The groups of kinds that are not in the core.
_GROUPS = {
    "apps/": ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ControllerRevision"),
    "batch/": ("Job", "CronJob"),
    "policy/": ("PodDisruptionBudget",),
    "autoscaling/": ("HorizontalPodAutoscaler",),
    "discovery.k8s.io/": ("EndpointSlice",),
}
# By what an object of a client is known.
_KNOWN = ("attribute_map", "to_dict", "raw")


def manifest_of(source) -> str | None:
    """A manifest that is an object, as JSON; None: it is something else. A scenario has neither of the two keys."""
    if not isinstance(source, (Mapping, str, bytes, os.PathLike)) and any(hasattr(source, name) for name in _KNOWN):
        source = _plain(source)
    if isinstance(source, Mapping) and "apiVersion" in source and "kind" in source:
        return json.dumps(source, default=_plain)
    return None


def _plain(own):
    """Objects of clients: those of the official one know how the API calls their attributes, those of lightkube, pykube and kr8s
    have a dict in them, times have a text."""
    names = getattr(own, "attribute_map", None)
    if isinstance(names, Mapping):
        values = ((called, getattr(own, name, None)) for name, called in names.items())
        plain = {called: value for called, value in values if value is not None}
        # An item of a list has no kind of its own, but its class has a name: V1Pod, V2HorizontalPodAutoscaler, CoreV1Event.
        known = re.fullmatch(r"(?:Core)?(V\d\w*?)([A-Z]\w*)", type(own).__name__)
        if known and "kind" in names.values() and "kind" not in plain:
            version, kind = known[1].lower(), known[2]
            group = next((group for group, kinds in _GROUPS.items() if kind in kinds), "")
            plain = {"apiVersion": f"{group}{version}", "kind": kind, **plain}
        return plain
    for name in _KNOWN[1:]:
        if hasattr(own, name):
            value = getattr(own, name)
            return value() if callable(value) else value
    if isinstance(own, datetime):
        return instant(own)
    raise TypeError(f"an object of a cluster holds texts, numbers, booleans, lists and dicts, and no {type(own).__name__}")


def instant(now: str | datetime | None) -> str | None:
    """As the module takes it, in RFC 3339."""
    if now is None or isinstance(now, str):
        return now
    if not isinstance(now, datetime):
        raise TypeError(f"now: an RFC 3339 text or a datetime with a zone, and no {type(now).__name__}")
    if now.tzinfo is None:
        raise ValueError("now: a datetime without a zone names no instant; datetime.now(timezone.utc)")
    return now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def micros(now: str | datetime | None) -> int:
    """Microseconds since 1970, of now where none is said."""
    if now is None:
        now = datetime.now(timezone.utc)
    elif isinstance(now, str):
        try:
            now = datetime.fromisoformat(now.replace("Z", "+00:00"))
        except ValueError:
            from .errors import InputError

            raise InputError(f"now {now}: no instant such as 2026-04-29T04:33:19Z") from None
    # One without a zone, or something else, is told.
    instant(now)
    return round((now - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1e6)


def assumed(assume) -> list[str]:
    """What is known of programs: `{"web.boots": "40s"}`, or the program's words, `["web.boots=40s"]`, `"boots=20s,stops=8s"`."""
    if assume is None:
        return []
    if isinstance(assume, str):
        return [word.strip() for word in assume.split(",")]
    if isinstance(assume, Mapping):
        return [f"{key}={value}" for key, value in assume.items()]
    return [str(word) for word in assume]
