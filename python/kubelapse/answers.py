"""What questions come to: frozen classes, made of the JSON that the program prints with `-o json`.

Each has `to_dict()`, that very JSON; `str()` is the text for people, where the program has one. Spans are seconds, instants are
`datetime`s in UTC, shares lie between 0 and 1, unless a name says otherwise. All of them can be pickled.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from ._kubelapse import Table, table_of

__all__ = [
    "Advice", "Alerted", "Alerts", "Answer", "Audit", "Comparison", "Drain", "Event", "Explanation", "Figure", "Finding",
    "Fired", "Fitted", "FittedRow", "Interval", "PodFuture", "Prediction", "Step", "Sweep", "Versions", "Workload",
    "WorkloadFuture",
]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class _Told:
    """What has a text for people, and shows it in a notebook."""

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


# ---- sweep -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sweep(_Told):
    """What a sweep came to. Its bytes are those of the program's runs.csv and summary.csv."""

    runs: Table
    """A row for each run: `cell`, `seed`, the keys that were varied, a column for each measure."""
    summary: Table
    """A row for each cell and measure: `n`, `missing` (it did not happen), `mean`, `sd`, 95 % interval, quantiles, and the
    difference to the first cell, seed by seed."""
    text: str
    """The table for people."""
    svg: str | None
    """The picture; None: there is none of such a grid."""
    warning: str | None
    """Why it ended before the interval was narrow enough."""
    warnings: list[str]
    """What was assumed, and what is odd about the file."""
    _json: str = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """All cells, as `kubelapse sweep -o json` prints them."""
        return json.loads(self._json)

    @cached_property
    def cells(self) -> list[dict[str, Any]]:
        """Each cell with the values of its keys, and its measures summed up."""
        return self.to_dict()["cells"]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<sweep of {len(self.cells)} cells, {len(self.runs)} runs>"

    def _repr_html_(self) -> str:
        return (self.svg or "") + super()._repr_html_()


# ---- audit -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """Played under several seeds: 5 to 95 % of what came."""

    low: float
    high: float
    unit: str
    """`seconds` or `count`."""


@dataclass(frozen=True)
class Answer:
    """A figure that answers a question."""

    question: str
    what: str
    figure: Figure | None
    """None: there is none, and the words say why."""
    words: str
    rule: str
    """What sets it."""
    field: str
    """The field to change; empty: there is none."""


@dataclass(frozen=True)
class Advice:
    """What to write or do instead, as it was played."""

    set: tuple[str, ...]
    """As `set` takes it, `key=value`; empty: it is something else."""
    does: str
    better: str
    """What it was before, and what it is with it."""


@dataclass(frozen=True)
class Finding:
    """Something that somebody should know of, with the number that shows it."""

    rank: str
    """`broken`: it does not do what it is there for; `risky`: it does not in a case that comes; `note`."""
    question: str
    words: str
    field: str
    advice: Advice | None


@dataclass(frozen=True)
class Workload:
    """A workload with what its questions came to."""

    workload: str
    """`deployment/web`"""
    namespace: str
    file: str
    line: int
    findings: tuple[Finding, ...]
    """The worst first."""
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Audit(_Told):
    """What manifests promise."""

    workloads: tuple[Workload, ...]
    assumed: tuple[str, ...]
    """What was assumed around the manifests."""
    _json: str = field(repr=False)

    @classmethod
    def _of(cls, text: str, assumed: list[str]) -> Audit:
        def finding(own: dict[str, Any]) -> Finding:
            advice = own.pop("advice")
            told = advice and Advice(tuple(advice["set"]), advice["does"], advice["better"])
            return Finding(**own, advice=told)

        def answer(own: dict[str, Any]) -> Answer:
            figure = own.pop("figure")
            return Answer(**own, figure=figure and Figure(**figure))

        def workload(own: dict[str, Any]) -> Workload:
            findings, answers = own.pop("findings"), own.pop("answers")
            return Workload(**own, findings=tuple(map(finding, findings)), answers=tuple(map(answer, answers)))

        return cls(tuple(map(workload, json.loads(text)["workloads"])), tuple(assumed), text)

    @property
    def findings(self) -> list[tuple[Workload, Finding]]:
        """All findings with their workloads, the worst of each first."""
        return [(own, finding) for own in self.workloads for finding in own.findings]

    @property
    def is_broken(self) -> bool:
        """Whether something does not do what it is there for: the program exits with 1 then."""
        return any(finding.rank == "broken" for _, finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """As `kubelapse audit -o json` prints it."""
        return json.loads(self._json)

    def __str__(self) -> str:
        lines = []
        for own in self.workloads:
            lines.append(own.workload)
            for finding in own.findings:
                lines.append(f"  {finding.rank:<6}  {finding.words}")
                if finding.advice:
                    lines.append(f"          {finding.advice.does} (played: {finding.advice.better})")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<audit of {len(self.workloads)} workloads: {len(self.findings)} findings>"


# ---- alerts ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fired:
    """What an alert did in a run; seconds since its start."""

    pending: float | None
    """When its condition held first, though not yet for long enough; None: it never did."""
    firing: tuple[tuple[float, float], ...]
    """From when to when it fired; the last end is that of the run where it goes on."""
    lasts: bool
    """It fires at the end."""

    @property
    def first(self) -> float | None:
        """When it fired first; None: it never did."""
        return self.firing[0][0] if self.firing else None

    @property
    def seconds(self) -> float:
        """For how long it fired in all."""
        return sum(to - start for start, to in self.firing)


@dataclass(frozen=True)
class Alerted:
    """What the alerts of some rules did in the runs of a scenario."""

    scenario: str
    seen: bool
    """One of the alerts fires under one of the seeds."""
    runs: dict[int, dict[str, Fired]]
    """By seed, each alert by its name."""


@dataclass(frozen=True)
class Alerts(_Told):
    """When alerts fire, as the real promtool evaluates their rules."""

    names: tuple[str, ...]
    """The alerts, in the order of their rules."""
    scenarios: tuple[Alerted, ...]
    text: str
    """All of it in words."""
    warnings: tuple[str, ...]
    """What was assumed around manifests, and what is odd about files."""
    _json: str = field(repr=False)

    @classmethod
    def _of(cls, names: list[str], text: str, words: str, warnings: list[str]) -> Alerts:
        def fired(own: dict[str, Any]) -> Fired:
            return Fired(own["pending"], tuple((start, to) for start, to in own["firing"]), own["lasts"])

        def alerted(own: dict[str, Any]) -> Alerted:
            runs = {run["seed"]: {name: fired(told) for name, told in run["alerts"].items()} for run in own["runs"]}
            return Alerted(own["scenario"], own["seen"], runs)

        return cls(tuple(names), tuple(map(alerted, json.loads(text))), words, tuple(warnings), text)

    @cached_property
    def table(self) -> Table:
        """A row for each scenario, seed and alert: when its condition held first (`pending`), when it fired first and last ended
        (`first`, `last`), how often (`times`) and for how long in all (`seconds`); seconds since the start of the run."""
        columns: list[tuple[str, str, list[Any]]] = [
            ("scenario", "text", []), ("seed", "unsigned", []), ("alert", "text", []), ("pending", "number", []),
            ("first", "number", []), ("last", "number", []), ("times", "whole", []), ("seconds", "number", []),
        ]
        for own in self.scenarios:
            for seed, alerts in own.runs.items():
                for name, fired in alerts.items():
                    last = fired.firing[-1][1] if fired.firing else None
                    cells = (own.scenario, seed, name, fired.pending, fired.first, last, len(fired.firing), fired.seconds)
                    for (_, _, column), cell in zip(columns, cells):
                        column.append(cell)
        return table_of(columns)

    def __getitem__(self, scenario: str) -> Alerted:
        """What they did in a scenario, by its name."""
        for own in self.scenarios:
            if own.scenario == scenario:
                return own
        raise KeyError(f"no scenario `{scenario}` was played; there are {', '.join(own.scenario for own in self.scenarios)}")

    def to_dict(self) -> list[dict[str, Any]]:
        """Each scenario, as `kubelapse alerts -o json` prints them."""
        return json.loads(self._json)

    def __str__(self) -> str:
        return self.text.rstrip("\n")

    def __repr__(self) -> str:
        seen = sum(own.seen for own in self.scenarios)
        return f"<{len(self.names)} alerts: {seen} of {len(self.scenarios)} scenarios are seen>"


# ---- predict -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A change of a pod."""

    status: str
    """kubectl's STATUS then; empty: it is gone."""
    ready: str
    restarts: int
    earliest: datetime
    latest: datetime
    chance: float
    """The share of all futures that come this way."""


@dataclass(frozen=True)
class PodFuture:
    """What comes next for a pod."""

    namespace: str
    name: str
    status: str
    """What kubectl shows now."""
    ready: str
    restarts: int
    presents: int
    """How many of the presents that were looked for show what was printed; 0: nothing is known of it."""
    stays: float
    """The share of the futures in which nothing changes."""
    steps: tuple[Step, ...]
    keeps: str | None = None
    """What keeps it from a node, where nothing is seen to come; None: something comes, or nothing is known to keep it."""
    supposed: str | None = None
    """On what it stands where nothing is known of its program: `boots`, `runs` or `stops` (as most do)."""


@dataclass(frozen=True)
class Event:
    """Something that comes: `complete`, `failed`, `progressing`, `next pod`, `next job`, `drained`, …"""

    what: str
    earliest: datetime
    latest: datetime
    chance: float


@dataclass(frozen=True)
class WorkloadFuture:
    """What comes next for a workload."""

    kind: str
    namespace: str
    name: str
    events: tuple[Event, ...]
    never: str | None
    """Why it is not complete for as far as it looks ahead; None: it is in some futures, or nothing is seen."""
    state: str | None = None
    """How it stands now."""


@dataclass(frozen=True)
class Drain:
    """What comes of a drain that is under way."""

    node: str
    event: Event | None
    kept: tuple[str, ...]
    """Whom disruption budgets keep there."""


def _event(own: dict[str, Any]) -> Event:
    return Event(own["what"], _instant(own["earliest"]), _instant(own["latest"]), own["chance"])


@dataclass(frozen=True)
class Prediction(_Told):
    """What comes next for a given cluster."""

    now: datetime
    kubernetes: str
    ahead: float
    """How far it looks ahead, in seconds."""
    level: float
    """Which share of what may come a window holds."""
    seeds: int
    """How many presents were looked for: fewer of very many pods."""
    pods: tuple[PodFuture, ...]
    workloads: tuple[WorkloadFuture, ...]
    drains: tuple[Drain, ...]
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    """What is odd about the input."""
    _json: str = field(repr=False)

    @classmethod
    def _of(cls, text: str) -> Prediction:
        own = json.loads(text)

        def step(told: dict[str, Any]) -> Step:
            ends = {"earliest": _instant(told["earliest"]), "latest": _instant(told["latest"])}
            return Step(**{**told, **ends})

        def pod(told: dict[str, Any]) -> PodFuture:
            return PodFuture(**{**told, "steps": tuple(map(step, told["steps"]))})

        def workload(told: dict[str, Any]) -> WorkloadFuture:
            return WorkloadFuture(**{"never": None, **told, "events": tuple(map(_event, told["events"]))})

        def drain(told: dict[str, Any]) -> Drain:
            event = told.get("event")
            return Drain(told["node"], event and _event(event), tuple(told.get("kept", ())))

        return cls(
            now=_instant(own["now"]),
            kubernetes=own["kubernetes"],
            ahead=float(own["aheadSeconds"]),
            level=own["level"],
            seeds=own["seeds"],
            pods=tuple(map(pod, own["pods"])),
            workloads=tuple(map(workload, own["workloads"])),
            drains=tuple(map(drain, own.get("drains", ()))),
            assumed=tuple(own["assumed"]),
            notes=tuple(own["notes"]),
            _json=text,
        )

    def __getitem__(self, name: str) -> PodFuture | WorkloadFuture:
        """The future of a pod (`web-0`, `shop/web-0`) or of a workload (`deployment/web`)."""
        for pod in self.pods:
            if name in (pod.name, f"{pod.namespace}/{pod.name}"):
                return pod
        for own in self.workloads:
            if name in (f"{own.kind}/{own.name}", f"{own.namespace}/{own.kind}/{own.name}"):
                return own
        raise KeyError(f"no pod and no workload `{name}` in it")

    def to_dict(self) -> dict[str, Any]:
        """As `kubelapse predict -o json` prints it."""
        return json.loads(self._json)

    def __str__(self) -> str:
        def window(own: Step | Event) -> str:
            ends = f"{own.earliest:%H:%M:%S}", f"{own.latest:%H:%M:%S}"
            when = f"at {ends[0]}" if ends[0] == ends[1] else f"between {ends[0]} and {ends[1]}"
            return when if own.chance >= 0.995 else f"{when}, {own.chance:.0%}"

        lines = [f"At {self.now:%Y-%m-%dT%H:%M:%SZ}, Kubernetes {self.kubernetes}"]
        for own in self.workloads:
            told = [f"{event.what} {window(event)}" for event in own.events]
            told += [f"not complete: {own.never}"] if own.never else []
            lines += [f"{own.namespace}/{own.kind}/{own.name}", *(f"  {line}" for line in told or ["nothing changes"])]
        for own in self.drains:
            lines += [f"node/{own.node}", f"  drained {window(own.event)}" if own.event else "  not drained"]
        for pod in self.pods:
            told = [f"{step.status or 'gone'} {step.ready} {window(step)}" for step in pod.steps]
            lines += [f"{pod.namespace}/{pod.name}: {pod.status} {pod.ready}"]
            lines += [f"  {line}" for line in told or ["nothing changes"]]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<prediction at {self.now:%Y-%m-%dT%H:%M:%SZ}: {len(self.pods)} pods, {len(self.workloads)} workloads>"


# ---- fit ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval; None: that end is not known."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class FittedRow:
    """One number of a scenario, as far as it was seen."""

    about: str
    """An image, a program (`deployment/web app (image)`), or `[latency]`."""
    key: str
    """The scenario's key: `pull`, `boots`, `runs`, `exit`, `onTerm`, `create`, …"""
    attempt: int | None
    """Of which start, from 0; None: of all."""
    n: int
    """How many were seen."""
    censored: int
    """Of how many only an end of the time is known."""
    family: str
    """The distribution's name; empty: it is none."""
    parameters: dict[str, Interval]
    """Seconds, but for `shape`."""
    toml: str
    """The value as a scenario's file has it."""
    note: str | None
    detail: dict[str, Any] = field(repr=False)
    """All of the row, as the program prints it."""


@dataclass(frozen=True)
class Fitted(_Told):
    """What a cluster is like, as a scenario's numbers."""

    rows: tuple[FittedRow, ...]
    not_fitted: tuple[str, ...]
    """What keeps its default, and why."""
    methods: str
    warnings: tuple[str, ...]
    """What is odd about the input."""
    scenario: str | None = field(repr=False)
    """The scenario that was named (`into`) with the numbers in it; None: none was."""
    notes: tuple[str, ...]
    """What is to be known of it."""
    _json: str = field(repr=False)

    @classmethod
    def _of(cls, text: str, warnings: list[str], written: tuple[str, list[str]] | None) -> Fitted:
        def row(own: dict[str, Any]) -> FittedRow:
            program = own.get("program")
            if program:
                of = f"{program['workload']} " if program["workload"] else ""
                about = f"{of}{program['container']} ({program['image']})"
            else:
                about = own.get("image", "[latency]")
            parameters = {
                name: Interval(number["value"], *(number["interval"] or (None, None)))
                for name, number in own.get("parameters", {}).items()
            }
            return FittedRow(
                about, own["key"], own.get("attempt"), own["n"], own.get("censored", 0), own.get("family", ""), parameters,
                own["toml"], own["note"], own,
            )

        told = json.loads(text)
        scenario, notes = written or (None, [])
        return cls(tuple(map(row, told["rows"])), tuple(told["notFitted"]), told["methods"], tuple(warnings), scenario, tuple(notes), text)

    def __iter__(self) -> Iterator[FittedRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """As `kubelapse fit -o json` prints it."""
        return json.loads(self._json)

    def __str__(self) -> str:
        return "\n".join(f"{own.about}: {own.key} = {own.toml}  (n {own.n})" for own in self.rows)

    def __repr__(self) -> str:
        return f"<fit: {len(self.rows)} rows>"


# ---- explain, compare --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanation(_Told):
    """What a pod's object says."""

    namespace: str
    name: str
    status: str
    """What kubectl shows."""
    phase: str
    contradictions: tuple[str, ...]
    """What in the object cannot be true together, or not for long."""
    text: str
    """All of it in words."""
    detail: dict[str, Any] = field(repr=False)
    """Conditions, containers, next attempts: as `kubelapse explain -o json` prints them."""

    @classmethod
    def _of(cls, own: dict[str, Any], text: str) -> Explanation:
        status = own["status"]
        return cls(own["namespace"], own["name"], status["shown"], status["phase"], tuple(own["contradictions"]), text, own)

    def to_dict(self) -> dict[str, Any]:
        """As `kubelapse explain -o json` prints it."""
        return self.detail

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<explanation of {self.namespace}/{self.name}: {self.status}>"


@dataclass(frozen=True)
class Comparison(_Told):
    """What is different between two timelines."""

    same: bool
    """Nothing differs that counts: the program exits with 0 then."""
    pods: tuple[dict[str, Any], ...]
    """Pods that both have, each with both lives merged and the differences."""
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    events_compared: bool
    text: str
    warnings: tuple[str, ...]
    _json: str = field(repr=False)

    @classmethod
    def _of(cls, text: str, words: str, warnings: list[str]) -> Comparison:
        own = json.loads(text)
        lists = {key: tuple(own[key]) for key in ("pods", "only_in_a", "only_in_b")}
        return cls(**{**own, **lists}, text=words, warnings=tuple(warnings), _json=text)

    def to_dict(self) -> dict[str, Any]:
        """As `kubelapse compare -o json` prints it."""
        return json.loads(self._json)

    def __bool__(self) -> bool:
        return self.same

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<comparison: {'the same' if self.same else 'they differ'}, {len(self.pods)} pods>"


@dataclass(frozen=True)
class Versions(_Told):
    """What an upgrade of Kubernetes changes, by the same luck."""

    versions: tuple[str, str]
    seeds: int
    """How many were played."""
    differ: tuple[int, ...]
    """Under which seeds the versions differ."""
    seed: int
    """Which seed the report is of: the first that differs, or the first of all."""
    report: Comparison

    def __str__(self) -> str:
        return f"{self.report}\n{len(self.differ)} of {self.seeds} seeds differ."

    def __repr__(self) -> str:
        return f"<{self.versions[0]} and {self.versions[1]}: {len(self.differ)} of {self.seeds} seeds differ>"
