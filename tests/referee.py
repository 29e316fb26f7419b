#!/usr/bin/env python3
"""A classifier as referee: can it tell a simulated life from a recorded one, and a second recording from the first?

    tests/referee.py target/release/kubelapse tests/golden/golden tests/golden-workloads/golden-workloads

Of each recording that was made twice (timeline.csv and timeline.2.csv beside scenario.toml), all pods' lives of the first
recording are told from those of one simulated run, and from those of the second recording, which is the yardstick: how
much reality differs from itself. A life is what a client sees (tests/golden.rs), with gaps in quarters of a second and
without states under 50 ms, as scripted latencies are constants and would give the game away; for the same reason every
gap is blurred by up to 50 ms before it is rounded, on both sides alike: else a constant of 0.60 s would never be the
0.63 s that rounds to three quarters. The classifier, a forest of
random trees (scikit-learn), learns from four fifths of the scenarios and judges the lives of the others, so that it must
find what simulated lives have in common. 0.5: it can't tell; 1: it always can. Intervals (95 %) draw whole scenarios.

Two latencies say how busy the recording machine was, and scenarios give them as constants of another day: how long the
scheduler's binding and the kubelet's status write take. Both are measured on the first recordings (two numbers each for a whole
set) and given to the simulated runs, so that what is judged is the simulator and not the load of a machine.

Exit code 1 where the two intervals do not overlap.
"""

import csv
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

SHORT = 0.05
QUARTER = 0.25
BLUR = 0.05


def rows(path):
    """The rows of a timeline, packed or not."""
    if path.exists():
        return list(csv.DictReader(path.open(newline="")))
    packed = path.with_name(path.name + ".gz")
    if packed.exists():
        return list(csv.DictReader(gzip.open(packed, "rt", newline="")))
    return None


def lives(timeline, end):
    """Of each pod until watching ended: states (instant, what a client sees) and events by reason."""
    state, states, events = defaultdict(dict), defaultdict(list), defaultdict(Counter)
    for row in timeline:
        pod = (row.get("namespace", ""), row["pod"])
        if not row["pod"] or row["pod"].startswith("background-") or float(row["time"]) > end:
            continue
        if row["kind"] == "event":
            events[pod][row["reason"]] += 1
            continue
        if row["kind"] == "node":
            continue
        seen = state[pod]
        value = (row["to"], row["reason"], row.get("ready", "") if row["kind"] == "status" else "")
        # A container's name says nothing that could not be said of another's.
        key = (row["kind"], row["object"] if row["kind"] == "condition" else "")
        number = list(dict.fromkeys([*seen.get("containers", []), row["object"]])) if row["kind"] == "container" else []
        if number:
            seen["containers"] = number
            key = ("container", number.index(row["object"]))
        seen[key] = value
        picture = tuple(sorted((str(k), v) for k, v in seen.items() if k != "containers"))
        at = float(row["time"])
        if states[pod] and at - states[pod][-1][0] < SHORT:
            states[pod][-1] = (states[pod][-1][0], picture)
        elif not states[pod] or states[pod][-1][1] != picture:
            states[pod].append((at, picture))
    return [(states[pod], events[pod]) for pod in states]


def change(before, after):
    """What one state has and the one before had not, in a word."""
    return " ".join(f"{k}={'/'.join(v)}" for k, v in after if (k, v) not in before) or "less"


def features(life, dice):
    """Numbers that a classifier can look at: which changes, after which others, after how long; which events, how often."""
    states, events = life
    found = Counter({f"event {reason}": count for reason, count in events.items()})
    found["states"] = len(states)
    gaps, last = defaultdict(list), "begin"
    for (then, before), (at, after) in zip([(states[0][0], ())] + states, states):
        word = change(set(before), after)
        found[f"did {word}"] += 1
        found[f"did {last} > {word}"] += 1
        gaps[f"gap {word}"].append(round((at - then + dice.uniform(-BLUR, BLUR)) / QUARTER) * QUARTER)
        last = word
    for word, values in gaps.items():
        found[f"{word} least"], found[f"{word} most"] = min(values), max(values)
        found[f"{word} mean"] = sum(values) / len(values)
    return dict(found)


def latencies(timelines):
    """What a set's machine takes for a binding and for a status write, as `--set` has it: lognormal by the middle and the upper
    quartile (what is above waits for other pods, too) of the gaps that pods show which wait for nothing else, less what
    comes before (an attempt of the scheduler, a watch: 2 ms each)."""
    gaps = {"bind": [], "statusUpdate": []}
    for timeline in timelines:
        made, bound, done = {}, {}, set()
        for row in timeline:
            pod, at = (row.get("namespace", ""), row["pod"]), float(row["time"])
            if row["kind"] == "phase" and row["to"] == "Pending":
                made.setdefault(pod, at)
            elif row["kind"] == "condition" and row["object"] == "PodScheduled" and row["to"] == "True":
                gaps["bind"].append(at - made.get(pod, at - 9))
                bound.setdefault(pod, at)
            elif row["kind"] == "condition" and row["object"] == "Initialized" and pod in bound and pod not in done:
                gaps["statusUpdate"].append(at - bound[pod])
                done.add(pod)
    for name, all_gaps in gaps.items():
        middle, upper = np.quantile([gap - 0.002 for gap in all_gaps if 0.002 < gap < 0.5], [0.5, 0.75])
        most = middle * (upper / middle) ** (1.645 / 0.674)
        yield f'latency.{name}={{ lognormal = {{ median = "{middle:.6f}s", p95 = "{most:.6f}s" }} }}'


def simulated(program, recording, latencies):
    """The timeline of one simulated run."""
    with tempfile.TemporaryDirectory() as out:
        command = [program, "run", str(recording / "scenario.toml"), "--quiet", "--seed", "1", "--out", out]
        command += [word for latency in latencies for word in ("--set", latency)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        return rows(next(Path(out).rglob("timeline.csv")))


def told_apart(one, other):
    """How well lives of one kind are told from the other's (area under the curve), and its 95 % interval."""
    blur = random.Random(1)
    kinds = [(features(life, blur), scenario, kind)
             for kind, side in enumerate((one, other)) for scenario, own in side.items() for life in own]
    table = DictVectorizer(sparse=False).fit_transform([k[0] for k in kinds])
    scenarios, truth = np.array([k[1] for k in kinds]), np.array([k[2] for k in kinds])
    guessed = np.zeros(len(kinds))
    for known, asked in GroupKFold(5).split(table, truth, scenarios):
        forest = RandomForestClassifier(400, min_samples_leaf=3, max_features="sqrt", random_state=0, n_jobs=-1)
        guessed[asked] = forest.fit(table[known], truth[known]).predict_proba(table[asked])[:, 1]
    by_scenario = defaultdict(list)
    for place, scenario in enumerate(scenarios):
        by_scenario[scenario].append(place)
    dice, names, drawn = random.Random(0), sorted(by_scenario), []
    for _ in range(1000):
        places = [place for _ in names for place in by_scenario[dice.choice(names)]]
        if len(set(truth[places])) == 2:
            drawn.append(roc_auc_score(truth[places], guessed[places]))
    return roc_auc_score(truth, guessed), *np.quantile(drawn, [0.025, 0.975])


def main(program, folders):
    """A line for each set; whether all intervals overlap."""
    overlap = True
    for folder in map(Path, folders):
        twice = [(f, rows(f / "timeline.csv"), rows(f / "timeline.2.csv")) for f in sorted(folder.iterdir()) if f.is_dir()]
        twice = [both for both in twice if both[1] and both[2]]
        busy = list(latencies([both[1] for both in twice]))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ours = list(pool.map(lambda both: simulated(program, both[0], busy), twice))
        ends = {f.name: json.loads((f / "meta.json").read_text())["untilSeconds"] for f, _, _ in twice}
        first = {f.name: lives(one, ends[f.name]) for f, one, _ in twice}
        second = {f.name: lives(other, ends[f.name]) for f, _, other in twice}
        ours = {f.name: lives(run, ends[f.name]) for (f, _, _), run in zip(twice, ours)}
        (auc, low, high), (own, own_low, own_high) = told_apart(first, ours), told_apart(first, second)
        fits = low <= own_high and own_low <= high
        overlap &= fits
        print(f"{folder.name}: {len(twice)} scenarios; simulated from first recording {auc:.3f} ({low:.3f} to {high:.3f}), "
              f"second from first {own:.3f} ({own_low:.3f} to {own_high:.3f}): {'alike' if fits else 'told apart'}")
    return overlap


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(0 if main(sys.argv[1], sys.argv[2:]) else 1)
