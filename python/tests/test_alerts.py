"""When alerts fire: what the program tells, typed; without promtool, and with rules that are none, one is told what to do."""

import json
import os
import pickle
import shutil
import signal
import threading
import time

import kubelapse
import pytest
from conftest import CRASHING, DEPLOYMENT, ROOT

USUAL = ROOT / "scenarios/alerts/usual.yaml"
RULES = """
groups:
- name: web
  rules:
  - alert: Looping
    expr: max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) == 1
    for: 2m
  - alert: Lost
    expr: kube_node_status_condition{condition="Ready", status="true"} == 0
"""
real = pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool on the PATH")


@real
def test_alerts_do_what_the_program_tells(program, crashing):
    told = kubelapse.alerts(USUAL, crashing, "node-lost", seeds=2, until="40m", threads=2)
    assert told.to_dict() == json.loads(program("alerts", USUAL, crashing, "node-lost", "--seeds", 2, "--until", "40m", "-o", "json"))
    words = program("alerts", USUAL, crashing, "node-lost", "--seeds", 2, "--until", "40m")
    assert str(told) == words.rstrip("\n")


@real
def test_alerts_are_typed():
    told = kubelapse.alerts(RULES, CRASHING, seeds=range(3, 5), until="20m")
    assert told.names == ("Looping", "Lost") and list(told["scenario"].runs) == [3, 4]
    looping, lost = (told["scenario"].runs[3][name] for name in told.names)
    assert looping.first == looping.firing[0][0] == looping.pending + 120 and looping.lasts
    assert looping.seconds == 20 * 60 - looping.first and (lost.first, lost.pending, lost.seconds) == (None, None, 0)
    assert told.table.columns == ["scenario", "seed", "alert", "pending", "first", "last", "times", "seconds"]
    assert told.table["alert"] == ["Looping", "Lost"] * 2 and told.table["first"][1] is None and told.table["seed"] == [3, 3, 4, 4]
    again = pickle.loads(pickle.dumps(told))
    assert again == told and str(again) == str(told) and again.table.rows() == told.table.rows()
    with pytest.raises(KeyError, match="there are scenario"):
        told["nobody"]


@real
def test_rules_and_scenarios_come_as_they_are(tmp_path):
    kept = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "web"}}
    looping = {"alert": "Up", "expr": "kube_pod_status_ready{condition='true'} == 1"}
    own = kubelapse.alerts({**kept, "spec": {"groups": [{"name": "g", "rules": [looping]}]}}, DEPLOYMENT, until="2m", seed=4)
    [scenario] = own.scenarios
    assert [*scenario.runs] == [4] and scenario.seen and own.warnings


@real
def test_what_promtool_does_not_like_has_its_place(tmp_path):
    place = tmp_path / "mine.yaml"
    place.write_text("groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: rate(up[5m)\n")
    with pytest.raises(kubelapse.InputError, match=r"mine.yaml: 5:.*\"Down\""):
        kubelapse.alerts(place, CRASHING)


@pytest.mark.parametrize(
    ("rules", "keys", "part"),
    [
        ("a: 1\n", {}, "no `groups`"),
        ("groups: []\n", {}, "no rule in it"),
        ("groups: [\n", {}, ":"),
        (RULES, {"scrape_interval": "often"}, "scrape_interval often"),
        (RULES, {"scrape_interval": "0s", "until": "soon"}, "until soon"),
        (RULES, {"seeds": 0}, "no seed"),
        (RULES, {"seeds": 10_001}, "from 1 to 10000"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_played(rules, keys, part):
    with pytest.raises(kubelapse.InputError) as told:
        kubelapse.alerts(rules, CRASHING, **keys)
    assert part in str(told.value)
    with pytest.raises(TypeError, match="only one of both"):
        kubelapse.alerts(RULES, CRASHING, seed=1, seeds=2)


def test_without_promtool_one_is_told_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no promtool on the PATH.*apt install prometheus"):
        kubelapse.alerts(RULES, CRASHING)


@real
def test_a_run_that_is_asked_about_too_often_is_refused():
    with pytest.raises(kubelapse.InputError, match="are too many"):
        kubelapse.alerts(RULES, CRASHING, until="2000h", scrape_interval="1s")


@pytest.mark.skipif(os.name != "posix", reason="the tool is a script")
def test_ctrl_c_ends_the_tool_as_well(monkeypatch, tmp_path):
    """A tool that takes its time: it says which process it is, and is gone afterwards."""
    place = tmp_path / "promtool"
    place.write_text(f'#!/bin/sh\ncase "$1" in test) echo $$ > {tmp_path}/pid; exec sleep 600;; esac\n')
    place.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    pid = tmp_path / "pid"

    def interrupt():
        while not (pid.exists() and pid.read_text().strip()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt, daemon=True)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        kubelapse.alerts(RULES, CRASHING)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
