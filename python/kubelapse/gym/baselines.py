"""Two agents that learn nothing, to be compared with: one that chooses at random, and one that goes by rules.

An agent has `begin(observation, info)`, called after a reset, and `act(observation, info)`, called for each step. `play` lets
one play an episode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import gymnasium
import numpy


class Random:
    """Chooses at random: of the menu among what means something, of lines among a few that need no look."""

    LINES = ("kubectl get pods", "kubectl get events", "wanted", "sleep 30s", "sleep 3m")

    def __init__(self, env: gymnasium.Env, seed: int = 0):
        self._env = env.unwrapped
        self._env.action_space.seed(seed)
        self._pods: list[str] = []

    def begin(self, observation, info) -> None:
        """Nothing is kept."""

    def act(self, observation, info):
        """The next choice."""
        draw = self._env.action_space.np_random
        if self._env.actions == "text":
            names = re.findall(r"(?:deployment|pod|node|service|cronjob)/[a-z0-9-]+", info["said"])
            lines = [*self.LINES]
            for name in names[:8]:
                lines += [f"kubectl delete {name}", f"kubectl rollout undo {name}", f"kubectl rollout restart {name}"]
            return lines[int(draw.integers(0, len(lines)))]
        mask = self._env.action_masks().ravel()
        choice = int(draw.choice(mask.nonzero()[0]))
        if self._env.actions == "flat":
            return choice
        return numpy.array(divmod(choice, int(self._env.action_space.nvec[1])))


class Scripted:
    """Looks, diagnoses by rules, names the cause, mends, and waits: what a person with a checklist does. It reads what kubectl
    prints and knows nothing else; its environment takes lines (observation="kubectl").

    The rules are those of the failures' own marks: the STATUS column, exit codes, the messages of events, a paused rollout, a
    Service without endpoints. Where a rollout is what has broken it, `rollout undo` mends it.
    """

    def begin(self, observation, info) -> None:
        """A new cluster."""
        self._wanted = dict(re.findall(r"^  deployment/(\S+) with (\d+) available", observation, re.M))
        self._has_causes = "`causes` lists the kinds" in observation
        self._named: set[str] = set()
        self._done: set[str] = set()
        self._talk = self._works()
        next(self._talk)

    def act(self, observation, info) -> str:
        """The next line, after what the last one has printed."""
        return self._talk.send(observation)

    def _works(self) -> Iterator[str]:
        yield ""
        while True:
            told = yield "wanted"
            for goal in [line.strip() for line in told.splitlines() if line.startswith("  ")]:
                yield from self._look_into(goal)
            yield "sleep 45s"

    def _mend(self, kind: str, objects: str | list[str], *lines: str) -> Iterator[str]:
        """Names a cause, once, and does what mends it, once."""
        objects = [objects] if isinstance(objects, str) else objects
        for name in objects if self._has_causes else []:
            if f"{kind} {name}" not in self._named:
                self._named.add(f"{kind} {name}")
                told = yield f"cause {kind} {name}"
                if not told.startswith("That is not it"):
                    break
        for line in lines:
            if line not in self._done:
                self._done.add(line)
                yield f"kubectl {line}"

    def _look_into(self, goal: str) -> Iterator[str]:
        kind, _, rest = goal.partition("/")
        name = rest.split(" ")[0]
        if goal.startswith("no node"):
            yield from self._nodes()
        elif kind == "cronjob":
            resume = f"patch cronjob/{name} --type merge -p '{{\"spec\":{{\"suspend\":false}}}}'"
            yield from self._mend("suspended", f"cronjob/{name}", resume)
        elif kind == "node":
            yield from self._budget(name)
        elif kind == "service":
            yield from self._service(name, goal)
        elif kind in ("deployment", "statefulset", "daemonset"):
            yield from self._workload(kind, name)
        elif kind == "pod":
            yield from self._pod_by_hand(name)

    def _nodes(self) -> Iterator[str]:
        told = yield "kubectl get nodes"
        for row in _rows(told):
            if "NotReady" in row["STATUS"]:
                yield from self._mend("node-lost", f"node/{row['NAME']}", f"delete node/{row['NAME']}")

    def _budget(self, node: str) -> Iterator[str]:
        pods = _rows((yield "kubectl get pods -o wide"))
        for row in _rows((yield "kubectl get pdb")):
            budget = row["NAME"]
            if any(pod["NAME"].startswith(budget + "-") and pod["NODE"] == node for pod in pods):
                relax = f"patch poddisruptionbudget/{budget} --type merge -p '{{\"spec\":{{\"minAvailable\":1}}}}'"
                yield from self._mend("budget", f"poddisruptionbudget/{budget}", relax)

    def _service(self, name: str, goal: str) -> Iterator[str]:
        rows = [row for row in _rows((yield "kubectl get endpoints")) if row["NAME"] == name]
        if rows and rows[0]["ENDPOINTS"] == "<none>":
            pods = [row for row in _rows((yield "kubectl get pods")) if _is_of(row["NAME"], name)]
            if any(row["READY"] == "1/1" for row in pods):
                yield from self._mend("selector", f"service/{name}", f"set selector service/{name} app={name}")

    def _workload(self, kind: str, name: str) -> Iterator[str]:
        owner = f"{kind}/{name}"
        undo = f"rollout undo {owner}"
        if kind == "deployment":
            rows = [row for row in _rows((yield "kubectl get deployments")) if row["NAME"] == name]
            desired = int(rows[0]["READY"].split("/")[1]) if rows else 0
            wanted = int(self._wanted.get(name, 0))
            if rows and desired < wanted:
                yield from self._mend("scaled-to-zero", owner, f"scale {owner} --replicas={wanted}")
                return
            if "paused: true" in (yield f"kubectl get {owner} -o yaml"):
                yield from self._mend("paused", owner, f"rollout resume {owner}")
                return
        pods = [row for row in _rows((yield "kubectl get pods")) if _is_of(row["NAME"], name)]
        ill = [row for row in pods if not _is_well(row)]
        if not ill:
            yield from self._refused(kind, name)
            return
        # The youngest first: what a rollout has brought is what is new.
        newest = min(ill, key=lambda row: _seconds(row["AGE"]))
        status = newest["STATUS"]
        told = yield f"kubectl describe pod {newest['NAME']}"
        if "Image" in status:
            yield from self._mend("image", owner, undo)
        elif status == "CreateContainerConfigError":
            missing = re.search(r'(configmap|secret) "(?:\S+/)?([^"/]+)" not found', told)
            if missing:
                yield from self._mend("config-missing", owner, f"create {missing[1]} {missing[2]}")
            elif "couldn't find key" in told:
                yield from self._mend("secret-key", owner, undo)
        elif status.startswith("Init:"):
            yield from self._mend("init-waits", owner, undo)
        elif status == "Pending":
            yield from self._pending(owner, undo, told)
        elif "StartError" in told or "RunContainerError" in status:
            yield from self._mend("command", owner, undo)
        elif "OOMKilled" in told:
            yield from self._mend("memory-limit", owner, undo)
        elif "Liveness probe failed" in told:
            refused = re.search(r"Liveness probe failed: .*connection refused", told)
            yield from self._mend("probe-port" if refused else "probe-eager", owner, undo)
        elif "Readiness probe failed" in told and re.search(r"Readiness probe failed: .*statuscode: 404", told):
            yield from self._mend("probe-path", owner, undo)
        elif status == "Running" and _seconds(newest["AGE"]) > 240:
            yield from self._mend("hang", owner, f"rollout restart {owner}")

    def _pending(self, owner: str, undo: str, told: str) -> Iterator[str]:
        if "untolerated taint" in told:
            tainted = re.search(r"untolerated taint\(?s?\)? \{([^:}]+)", told)
            rows = _rows((yield "kubectl get nodes"))
            if tainted and not tainted[1].startswith("node.kubernetes.io/"):
                names = [row["NAME"] for row in rows]
                lines = [f"taint node {name} {tainted[1].strip()}-" for name in names]
                yield from self._mend("taint", [f"node/{name}" for name in names], *lines)
                return
        if re.search(r"volume node affinity conflict|didn't match PersistentVolume's node affinity", told):
            for row in _rows((yield "kubectl get nodes")):
                if "SchedulingDisabled" in row["STATUS"]:
                    yield from self._mend("volume-zone", f"node/{row['NAME']}", f"uncordon {row['NAME']}")
        elif "Insufficient" in told:
            yield from self._mend("requests", owner, undo)
        elif "affinity/selector" in told:
            yield from self._mend("node-selector", owner, undo)

    def _refused(self, kind: str, name: str) -> Iterator[str]:
        """Its pods are well, and too few: somebody refuses more."""
        told = yield "kubectl get events"
        quota = re.search(rf"FailedCreate\s+replicaset/{re.escape(name)}-\S+\s.*exceeded quota: ([\w-]+)", told)
        if quota:
            wider = f"patch resourcequota/{quota[1]} --type merge -p '{{\"spec\":{{\"hard\":{{\"pods\":\"60\"}}}}}}'"
            yield from self._mend("quota", f"resourcequota/{quota[1]}", wider)

    def _pod_by_hand(self, name: str) -> Iterator[str]:
        """What nobody has made is mended in place, where that can be: a missing ConfigMap or Secret, a label that no node has."""
        told = yield f"kubectl describe pod {name}"
        missing = re.search(r'(configmap|secret) "(?:\S+/)?([^"/]+)" not found', told)
        if missing:
            yield from self._mend("config-missing", f"pod/{name}", f"create {missing[1]} {missing[2]}")
        cordoned = [row["NAME"] for row in _rows((yield "kubectl get nodes")) if "SchedulingDisabled" in row["STATUS"]]
        if "unschedulable" in told:
            yield from self._mend("volume-zone", f"pod/{name}", *(f"uncordon {node}" for node in cordoned))


def _rows(table: str) -> list[dict[str, str]]:
    """A table of kubectl: its columns stand where its heading says."""
    lines = table.splitlines()
    if not lines or not lines[0].startswith("NAME"):
        return []
    heads = list(re.finditer(r"\S+(?: \S+)*", lines[0]))
    starts = [head.start() for head in heads] + [None]
    cells = lambda line: {head.group(): line[starts[ix] : starts[ix + 1]].strip() for ix, head in enumerate(heads)}  # noqa: E731
    return [cells(line) for line in lines[1:] if line.strip()]


def _is_of(pod: str, owner: str) -> bool:
    """`web-677bfc6578-g55bf`, `db-0` and `agent-6rn8n` say whose they are."""
    return re.fullmatch(rf"{re.escape(owner)}(-[a-z0-9]+)?-[a-z0-9]+", pod) is not None


def _is_well(row: dict[str, str]) -> bool:
    ready, of = row["READY"].split("/")
    return row["STATUS"] == "Completed" or (row["STATUS"] == "Running" and ready == of)


def _seconds(age: str) -> int:
    """`4m59s`"""
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(much) * units[unit] for much, unit in re.findall(r"(\d+)([dhms])", age))


def play(env: gymnasium.Env, agent, *, seed: int | None = None, options: dict | None = None) -> dict:
    """An episode: its last info, with `steps`, how many there were, and `return`, the sum of its rewards."""
    observation, info = env.reset(seed=seed, options=options)
    agent.begin(observation, info)
    steps, total = 0, 0.0
    while True:
        observation, reward, over, cut, info = env.step(agent.act(observation, info))
        steps, total = steps + 1, total + float(reward)
        if over or cut:
            return {**info, "steps": steps, "return": total}
