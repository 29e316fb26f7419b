"""What will my pod do, and when? A deterministic simulator of the kubelet and what stands around it.

`run` plays a scenario, a manifest or a dict to its end and has its rows as tables of Arrow; `Session` steps through one, forwards
and backwards, asks why, and acts on it; `sweep` plays a grid of them under many seeds. `audit` tells what manifests promise, `alerts`
when alerts fire, `predict` what comes next for a cluster, `explain` what its pods say, `fit` what it is like, `compare` how two
timelines differ.

The same scenario, seed and version give the same bytes as the program. Times are seconds since the start of a run unless a name
says otherwise. Where a `source` is asked for, it is a path, the name of a scenario that is built in, a text (TOML, or manifests in
YAML or JSON), a dict with a scenario's keys, an object that is a manifest, a folder of manifests, or a list of manifests. Where
something `given` is asked for, it is what kubectl printed with `-o json` or `-o yaml`: a path, a text, an object, or a list of
objects. What is wrong is a `ScenarioError` or an `InputError` with all problems at once; Ctrl-C ends what is under way.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any, TypeAlias

from . import errors
from ._given import assumed as _assumed
from ._given import instant as _instant
from ._given import micros as _micros
from ._given import text_of as _text_of
from ._kubelapse import Run, Session, Shipped, Table, __version__, catalogue, measures, play
from ._kubelapse import alerts_json, audit_json, compare_json, explain_json, fit_json, predict_json, versions_json
from ._kubelapse import sweep as _sweep
from ._waiting import told as _told
from .answers import Alerts, Audit, Comparison, Explanation, Fitted, Prediction, Sweep, Versions
from .errors import Fault, InputError, KubelapseError, Problem, ScenarioError, TooLarge

__all__ = [
    "Alerts", "Audit", "Comparison", "Explanation", "Fault", "Fitted", "InputError", "KubelapseError", "Prediction", "Problem",
    "Run", "ScenarioError", "Session", "Shipped", "Sweep", "Table", "TooLarge", "Versions", "__version__", "alerts", "audit",
    "catalogue", "compare", "compare_versions", "errors", "explain", "fit", "measures", "predict", "run", "sweep",
]


Manifest: TypeAlias = "str | PathLike[str]"
Source: TypeAlias = "Manifest | Mapping[str, Any] | Sequence[Manifest]"
Given: TypeAlias = "str | bytes | PathLike[str] | Mapping[str, Any] | Sequence[Any] | Run"
Progress: TypeAlias = "bool | Callable[[float], object]"
Assume: TypeAlias = "str | Mapping[str, object] | Iterable[str] | None"


def run(
    source: Source,
    *,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    kubernetes: str | None = None,
    until: str | None = None,
    nodes: int | None = None,
    progress: Progress = False,
) -> Run:
    """Plays a scenario to its end, in memory.

    seed: instead of the scenario's, 0 to 2^64-1.
    set: values of the scenario, by their keys: {"pod.web.spec.restartPolicy": "Never"}.
    kubernetes: the version whose habits count, such as "1.32".
    until: where it ends, a span such as "15m".
    nodes: of manifests, how many nodes there are.
    progress: a bar by tqdm, if that is installed; or a callable that is told how much of the run is over, 0 to 1.
    Raises ScenarioError with all problems, KeyboardInterrupt on Ctrl-C.
    """
    with _told(progress) as part:
        return play(source, seed=seed, set=set, kubernetes=kubernetes, until=until, nodes=nodes, progress=part)


def sweep(
    source: Source,
    *,
    vary: Mapping[str, Iterable[object]] | Iterable[str] | None = None,
    seeds: int | range = 100,
    measure: str | Sequence[str] | None = None,
    pairs: bool = False,
    until_interval: float | None = None,
    set: Mapping[str, Any] | None = None,
    kubernetes: str | None = None,
    until: str | None = None,
    nodes: int | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Sweep:
    """Plays a scenario with some keys varied, under many seeds, on all cores.

    vary: keys with their values: {"deployment.web.spec.replicas": [2, 4, 8], "latency.sandbox": "1s..5s"}; every combination is a
        cell; a scenario's own [[sweep]] counts beside it.
    seeds: how many, from 0 on; or range(100, 200).
    measure: what is measured of each run, see `measures()`; usually timeToReady, restarts, downtime and the scenario's own.
    pairs: the first values of all keys together, then the second ones, and so on.
    until_interval: seeds are added until the first measure's 95 % interval is this narrow, as a share of its mean: 0.02.
    threads: how many play, instead of one for each core; the results are the same.
    The others are those of `run`.
    """
    with _told(progress) as part:
        runs, summary, told, text, svg, warning, warnings = _sweep(
            source, vary=vary, seeds=seeds, measure=measure, pairs=pairs, until_interval=until_interval, set=set,
            kubernetes=kubernetes, until=until, nodes=nodes, threads=threads, progress=part,
        )
    return Sweep(runs, summary, text, svg, warning, warnings, told)


def audit(
    source: Source,
    *,
    against: Source | None = None,
    assume: Assume = None,
    questions: str | Iterable[str] = (),
    set: Mapping[str, Any] | None = None,
    kubernetes: str | None = None,
    nodes: int | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Audit:
    """What manifests promise: start, stop, rollouts, drains, failures, each limit found by playing (docs/answers.md).

    against: judges a change instead: what becomes of it when `source` is applied over these manifests.
    assume: what is known of the programs: {"boots": "20s", "web.stops": "8s"}.
    questions: asks these only: start, hang, stop, …
    """
    questions = [questions] if isinstance(questions, str) else [str(own) for own in questions]
    with _told(progress) as part:
        return Audit._of(
            *audit_json(source, against, _assumed(assume), questions, set, kubernetes, nodes, threads, part)
        )


def alerts(
    rules: Given,
    *sources: Source,
    seed: int | None = None,
    seeds: int | range | None = None,
    scrape_interval: str = "30s",
    until: str | None = None,
    set: Mapping[str, Any] | None = None,
    kubernetes: str | None = None,
    nodes: int | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Alerts:
    """When alerts of Prometheus fire, how late and for how long (docs/alerts.md). The rules are evaluated by the real promtool, which
    comes with Prometheus and must be on the PATH: FileNotFoundError, if it is not. Series are those of kube-state-metrics.

    rules: a file of alerting rules or a PrometheusRule: a path, a text, an object.
    sources: scenarios, each as `run` takes it; without one, all that are built in but fleets.
    seed: instead of the scenarios' own.
    seeds: how many, from 0 on; or range(100, 200). Usually the scenarios' own.
    scrape_interval: how often series are scraped and rules are evaluated, a span such as "30s".
    until: where runs end, a span, instead of where their scenarios say.
    threads: how many play, instead of one for each core; the results are the same.
    """
    with _told(progress) as part, tempfile.TemporaryDirectory(prefix="kubelapse-alerts-") as folder:
        asks = dict(
            rules=_text_of(rules), folder=folder, seed=seed, seeds=seeds, set=set, kubernetes=kubernetes, until=until, nodes=nodes,
            every=scrape_interval, threads=threads,
        )
        return Alerts._of(*alerts_json(list(sources), asks, part))


def predict(
    given: Given,
    *,
    now: str | datetime | None = None,
    ahead: str = "1h",
    level: float = 0.9,
    seeds: int = 200,
    assume: Assume = None,
    scenario: Source | None = None,
    kubernetes: str | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Prediction:
    """What comes next for what a cluster printed, in windows (docs/answers.md).

    now: the instant that it was printed at, an RFC 3339 text or a datetime with a zone; usually the newest instant in it.
    ahead: how far it looks ahead, a span such as "90s".
    level: the share of what may come that a window holds.
    seeds: how many presents are played.
    assume: what programs will do: {"runs": "30s", "exits": 1, "web.runs": "forever"}.
    scenario: one whose programs, images and latencies count.
    """
    label, text = _text_of(given)
    asks = dict(
        label=label, now=_instant(now), ahead=ahead, level=level, seeds=seeds, assume=_assumed(assume), kubernetes=kubernetes,
        threads=threads,
    )
    with _told(progress) as part:
        return Prediction._of(predict_json(text, asks, scenario, part))


def fit(
    *given: Given,
    now: str | datetime | None = None,
    into: Source | None = None,
    progress: Progress = False,
) -> Fitted:
    """What a cluster is like, from what it showed over time (watches, stamped or not, and lists), as a scenario's numbers
    (docs/fit.md).

    given: several together, in any order.
    now: the instant at which they were kept; usually now.
    into: a scenario; the answer's `scenario` is its text with the numbers in it, in which comments and order stay. No file is
        changed.
    """
    if not given:
        raise TypeError("fit: what kubectl printed over time is wanted")
    texts = [_text_of(own) for own in given]
    with _told(progress) as part:
        return Fitted._of(*fit_json(texts, _micros(now), into, part))


def explain(
    given: Given,
    *,
    now: str | datetime | None = None,
    kubernetes: str | None = None,
) -> list[Explanation]:
    """What pods' objects say, in words: one for each pod.

    now: the instant that ages count from; usually now.
    """
    label, text = _text_of(given)
    told, texts, _ = explain_json(label, text, (_micros(now), now is not None), kubernetes)
    return [Explanation._of(*own) for own in zip(json.loads(told)["pods"], texts)]


def compare(
    a: Given,
    b: Given,
    *,
    within: str | None = None,
    until: str | None = None,
    kubernetes: str | None = None,
    all: bool = False,
) -> Comparison:
    """How two timelines differ: runs, files (timeline.csv), or what kubectl printed of a watch.

    within: how far two gaps may differ, a span, instead of what requeues, relists and back-offs explain.
    until: leaves out what came later in a pod's life, a span.
    all: the text has every state, also where both are the same.
    """
    sides = [_text_of(own) for own in (a, b)]
    return Comparison._of(*compare_json(sides, (within, until), kubernetes, all))


def compare_versions(
    source: Source,
    old: str,
    new: str,
    *,
    seeds: int | None = None,
    set: Mapping[str, Any] | None = None,
    within: str | None = None,
    until: str | None = None,
    all: bool = False,
    threads: int | None = None,
    progress: Progress = False,
) -> Versions:
    """What an upgrade of Kubernetes changes: plays a scenario in two versions by the same luck.

    seeds: how many, from 0 on; usually the scenario's own.
    """
    with _told(progress) as part:
        differ, seed, told, text = versions_json(source, [old, new], seeds, set, (within, until), all, threads, part)
    return Versions((old, new), seeds or 1, tuple(differ), seed, Comparison._of(told, text, []))
