"""Runs as tables, and their bytes: the wheel as its users have it."""

import kubelapse
import pytest
from conftest import CRASHING, ROOT


def test_a_run_has_the_rows_of_the_life():
    run = kubelapse.run(CRASHING, seed=3)
    statuses = [row["to"] for row in run.timeline.rows() if row["kind"] == "status"]
    assert statuses[0] == "Pending" and "CrashLoopBackOff" in statuses
    [pod] = run.pods.rows()
    assert pod["pod"] == "web" and pod["phase"] == "Running" and pod["restarts"] >= 4
    assert run.timeline["time"] == sorted(run.timeline["time"])
    assert len(run.timeline) == len(run.timeline_csv().splitlines()) - 1
    assert kubelapse.run(CRASHING, seed=3).digest == run.digest != kubelapse.run(CRASHING, seed=4).digest


def test_rows_come_one_by_one():
    run = kubelapse.run("crash-loop")
    assert list(run.pods) == run.pods.rows() and [row["status"] for row in run.pods] == run.pods["status"]


def test_a_scenario_may_be_a_dict_and_values_may_be_others():
    scenario = {
        "until": "5m",
        "pod": [
            {
                "name": "web",
                "spec": {"containers": [{"name": "app", "image": "x"}]},
                "behavior": {"containers": {"app": {"attempts": [{"runs": "2s", "exit": 1}]}}},
            }
        ],
    }
    assert kubelapse.run(scenario, seed=3).digest == kubelapse.run(CRASHING, seed=3).digest
    never = kubelapse.run(CRASHING, set={"pod.web.spec.restartPolicy": "Never"})
    assert never.pods["phase"] == ["Failed"]


def test_a_manifest_is_surrounded(tmp_path):
    manifest = tmp_path / "web.yaml"
    manifest.write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        "    spec: {containers: [{name: app, image: 'registry.example/web:1'}]}\n"
    )
    run = kubelapse.run(manifest)
    assert run.warnings
    last = [row for row in run.workloads.rows() if row["kind"] == "deployment"][-1]
    assert (last["name"], last["desired"], last["available"]) == ("web", 2, 2)


def test_what_cannot_be_read_is_told_as_the_program_tells_it():
    with pytest.raises(kubelapse.ScenarioError, match="did you mean `crash-loop`"):
        kubelapse.run("crash-lop")
    with pytest.raises(kubelapse.ScenarioError) as told:
        kubelapse.run(CRASHING.replace("exit = 1", "exits = 1").replace("5m", "5 parsecs"))
    assert "exits" in str(told.value) and "parsecs" in str(told.value)
    with pytest.raises(TypeError):
        kubelapse.run(17)
    endless = {}
    endless["pod"] = endless
    for wrong in [endless, {"pod": [[[]]] * 3}]:
        with pytest.raises(kubelapse.ScenarioError):
            kubelapse.run(wrong)
    with pytest.raises(kubelapse.ScenarioError, match="nests no more than"):
        kubelapse.run("crash-loop", set={"pod.orders.spec": endless})
    with pytest.raises(KeyError, match="there is no column"):
        kubelapse.run(CRASHING).timeline["nothing"]


def test_a_session_goes_both_ways_and_has_other_futures():
    s = kubelapse.Session(CRASHING, seed=3)
    assert s.goto_where("status=CrashLoopBackOff") and s.now > 2
    assert "CrashLoopBackOff" in s.kubectl("get pods")
    assert s.why()
    at, digest = s.position, s.digest
    assert s.next(3) and s.back(3) and (s.position, s.digest) == (at, digest)
    other = s.copy()
    assert 'pod "web" deleted' in other.do("delete pod/web gracePeriodSeconds=0")
    other.end()
    s.end()
    assert other.digest != s.digest == kubelapse.run(CRASHING, seed=3).digest
    assert kubelapse.run(other.saved(), seed=3).digest == other.digest
    assert "delete" in other.undo()
    with pytest.raises(kubelapse.ScenarioError):
        s.do("levitate pod/web")
    with pytest.raises(kubelapse.InputError, match="does not only look"):
        s.kubectl("save x")
    s.goto(0)
    assert s.position == 0 or s.now == 0
    assert s.goto("1m30s") and s.now == 90.0
    assert s.goto("-10s") and s.now == 80.0


def test_actions_by_their_keys():
    s = kubelapse.Session(CRASHING)
    s.goto(5)
    assert s.do(label="pod/web", labels={"tier": "front"}) == "pod/web labeled"


def test_tables_are_taken_by_others():
    run = kubelapse.run("crash-loop")
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(run.timeline)
    assert frame.height == len(run.timeline) and frame["timestamp"].dtype == polars.Datetime("us", "UTC")
    assert frame["pod"].cast(polars.String).to_list() == run.timeline["pod"]
    duckdb = pytest.importorskip("duckdb")
    timeline = run.timeline
    assert duckdb.sql("select count(*) from timeline").fetchall() == [(len(timeline),)]


def test_bytes_are_the_programs(program, tmp_path):
    for own in [own for own in kubelapse.catalogue() if not own.is_large][::9]:
        out = tmp_path / own.name
        program("run", own.name, "--seed", 5, "--out", out, "--quiet")
        run = kubelapse.run(own.name, seed=5)
        assert (out / "timeline.csv").read_bytes() == run.timeline_csv(), own.name
        assert (out / "pods.csv").read_bytes() == run.pods_csv(), own.name


def test_digests_are_those_of_the_table():
    """Runs and walks have the digests that stand in tests/digests.tsv."""
    lines = [line.split("\t") for line in (ROOT / "tests/digests.tsv").read_text().splitlines()[1:]]
    assert len(lines) > 100
    for name, seed, digest, steps in lines[::5]:
        run = kubelapse.run(name, seed=int(seed))
        assert (run.digest, run.steps) == (digest, int(steps)), name
    for name, seed, digest, _ in lines[::40]:
        s = kubelapse.Session(name, seed=int(seed))
        s.end()
        assert s.digest == digest, name
