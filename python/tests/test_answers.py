"""Sweeps, audits, predictions, fits, explanations, comparisons: what they come to, and that it is what the program prints."""

import csv
import gzip
import json
import pickle

import kubelapse
import pytest
from conftest import CRASHING, DEPLOYMENT, ROOT

KEY = "pod.web.behavior.containers.app.attempts.0.runs"


def test_a_sweep_has_rows_for_runs_and_cells():
    swept = kubelapse.sweep(CRASHING, vary={KEY: ["1s", "30s"]}, seeds=8, measure=["restarts", "mean:restarts", "lastPhase"])
    assert swept.runs.columns == ["cell", "seed", KEY, "restarts", "mean:restarts", "lastPhase"]
    assert len(swept.runs) == 16 and swept.runs["seed"] == list(range(8)) * 2 and swept.runs[KEY] == ["1s"] * 8 + ["30s"] * 8
    often, seldom = swept.runs["restarts"][:8], swept.runs["restarts"][8:]
    assert all(isinstance(own, int) for own in often) and min(often) > max(seldom)
    [first, *_] = [row for row in swept.summary.rows() if row["measure"] == "restarts"]
    assert first["n"] == 8 and first["mean"] == pytest.approx(sum(often) / 8)
    assert swept.cells[1]["knobs"] == {KEY: "30s"} and "restarts" in str(swept) and "<svg" in swept._repr_html_()


def test_values_are_what_they_are_and_seeds_go_to_the_end():
    vary = {"pod.web.behavior.containers.app.attempts.0.exit": range(1, 3), "latency.sandbox": "1s..2s"}
    swept = kubelapse.sweep(CRASHING, vary=vary, seeds=range(2**64 - 2, 2**64 - 1), measure="restarts", threads=1)
    assert swept.runs["pod.web.behavior.containers.app.attempts.0.exit"] == [1, 1, 2, 2]
    assert swept.runs["seed"] == [2**64 - 2] * 4
    assert kubelapse.run(CRASHING, seed=2**64 - 1).seed == 2**64 - 1


def test_texts_stay_texts():
    """A version is no number: 1.30 is not 1.3."""
    for vary in ({"kubernetes": ["1.32", "1.36"]}, ["kubernetes=1.32,1.36"], {"kubernetes": "1.32,1.36"}):
        swept = kubelapse.sweep(CRASHING, vary=vary, seeds=1, measure="restarts", until="1m")
        assert swept.runs["kubernetes"] == swept.summary["kubernetes"] == ["1.32", "1.36"]
    key = "pod.web.behavior.containers.app.attempts.0.exit"
    assert kubelapse.sweep(CRASHING, vary={key: ["1", "2"]}, seeds=1, until="1m").runs[key] == ["1", "2"]
    assert kubelapse.sweep(CRASHING, vary={key: "1,2"}, seeds=1, until="1m").runs[key] == [1, 2]


def test_seeds_are_added_until_the_interval_is_narrow():
    swept = kubelapse.sweep(CRASHING, seeds=4, measure="downtime", until_interval=0.001)
    [only] = swept.summary.rows()
    assert only["n"] > 4 and (only["ci_high"] - only["ci_low"]) / 2 <= 0.001 * only["mean"] and swept.warning is None


def test_a_sweep_tells_what_a_run_tells(deployment):
    swept = kubelapse.sweep(deployment, seeds=2, until="1m", measure="restarts")
    assert swept.warnings == kubelapse.run(deployment, until="1m").warnings
    assert any("nodes" in words for words in swept.warnings)
    odd = CRASHING + '[[image]]\nref = "nobody/asks:1"\npull = "1s"\n'
    assert kubelapse.sweep(odd, seeds=1, until="1m").warnings == kubelapse.run(odd, until="1m").warnings


def test_a_sweep_has_the_programs_bytes(program, crashing, tmp_path):
    out = tmp_path / "out"
    told = program("sweep", crashing, "--vary", f"{KEY}=1s,30s", "--seeds", 7, "--out", out, "-o", "json")
    swept = kubelapse.sweep(crashing, vary={KEY: ["1s", "30s"]}, seeds=7)
    assert swept.to_dict() == json.loads(told)
    assert (out / "sweep.svg").read_text() == swept.svg
    for name, table in (("runs.csv", swept.runs), ("summary.csv", swept.summary)):
        head, *rows = csv.reader((out / name).read_text().splitlines())
        assert head == table.columns and len(rows) == len(table)
        for row, cells in zip(rows, table.rows()):
            for cell, own in zip(row, cells.values()):
                assert cell == "" if own is None else own == (cell if isinstance(own, str) else float(cell)), (name, row, cells)


def test_an_audit_finds_what_the_program_finds(program, deployment):
    audit = kubelapse.audit(deployment, assume={"boots": "20s"}, questions=["start", "hang"])
    assert audit.to_dict() == json.loads(program("audit", deployment, "--assume", "boots=20s", "--question", "start,hang", "-o", "json"))


def test_an_audit_is_typed():
    audit = kubelapse.audit(DEPLOYMENT, assume={"web.boots": "60s"}, questions=["start", "hang"])
    [web] = audit.workloads
    assert web.workload == "deployment/web" and audit.is_broken
    killed = [finding for _, finding in audit.findings if finding.question == "start"]
    assert killed and killed[0].rank == "broken" and "deployment/web" in str(audit)
    assert any(own.figure and own.figure.unit == "seconds" and own.figure.low <= own.figure.high for own in web.answers)
    change = kubelapse.audit(DEPLOYMENT.replace("app: web } }", "app: shop } }"), against=DEPLOYMENT)
    assert change.is_broken and "immutable" in str(change)


def cluster():
    s = kubelapse.Session(CRASHING)
    s.goto_where(status="CrashLoopBackOff")
    return s.kubectl("get pod web -o json")


def test_a_prediction_is_typed_and_what_the_program_prints(program, tmp_path):
    place = tmp_path / "pod.json"
    place.write_text(cluster())
    predicted = kubelapse.predict(place, seeds=40, ahead="10m")
    told = program("predict", place, "--seeds", 40, "--for", "10m", "-o", "json")
    assert predicted.to_dict() == json.loads(told)


def test_a_prediction_of_texts_and_objects():
    text = cluster()
    predicted = kubelapse.predict(text, seeds=40)
    step = predicted["web"].steps[0]
    own = predicted.to_dict()["pods"][0]["steps"][0]
    assert [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (step.earliest, step.latest)] == [own["earliest"], own["latest"]]
    assert step.status == "Running" and predicted.now < step.earliest <= step.latest and 0 < step.chance <= 1
    assert kubelapse.predict(json.loads(text), seeds=40) == predicted == kubelapse.predict([json.loads(text)], seeds=40, threads=1)
    forever = kubelapse.predict(text, seeds=40, assume={"web.runs": "forever"})
    assert len(forever["web"].steps) == 1 and "Running" in str(forever)
    assert kubelapse.predict(text, seeds=10, scenario=CRASHING)["web"].steps
    with pytest.raises(KeyError):
        predicted["nobody"]


def test_a_prediction_of_a_rollout():
    s = kubelapse.Session(DEPLOYMENT)
    s.goto(0.5)
    printed = [json.loads(s.kubectl(f"get {kind} -o json")) for kind in ("deployments", "replicasets", "pods")]
    predicted = kubelapse.predict([own for each in printed for own in each["items"]], seeds=10)
    [event, *_] = predicted["deployment/web"].events
    own = predicted.to_dict()["workloads"][0]["events"][0]
    assert event.what == "complete" and [event.earliest.second, event.latest.second] == [
        int(own[end][17:19]) for end in ("earliest", "latest")
    ]
    assert predicted.now <= event.earliest < event.latest


def test_an_explanation_is_what_the_program_prints(program, tmp_path):
    place = ROOT / "tests/explain/crashloop.yaml"
    now = "2026-04-29T05:00:00Z"
    [told] = kubelapse.explain(place, now=now)
    assert [told.to_dict()] == json.loads(program("explain", place, "--now", now, "-o", "json"))["pods"]
    assert told.status in told.text


def test_an_explanation_of_objects():
    [told] = kubelapse.explain(json.loads(cluster()))
    assert (told.status, told.phase) == ("CrashLoopBackOff", "Running") and told.detail["containers"][0]["restarts"] >= 1


def test_a_fit_is_typed(program, tmp_path):
    place = tmp_path / "stream.jsonl"
    recorded = ROOT / "tests/golden-workloads/golden-workloads/deployment-restart-twice/stream.jsonl.gz"
    place.write_bytes(gzip.decompress(recorded.read_bytes()))
    fitted = kubelapse.fit(place)
    assert fitted.rows and all(row.key and row.toml and row.n >= 0 for row in fitted)
    assert any(row.parameters for row in fitted) or any(row.family for row in fitted)
    assert fitted.to_dict() == json.loads(program("fit", place, "-o", "json"))


def test_numbers_go_into_a_scenario_as_the_program_writes_them(program, tmp_path):
    stream, place = tmp_path / "stream.jsonl", tmp_path / "web.toml"
    recorded = ROOT / "tests/golden-workloads/golden-workloads/deployment-restart-twice/stream.jsonl.gz"
    stream.write_bytes(gzip.decompress(recorded.read_bytes()))
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)
    before = '# What it is made of.\nuntil = "5m"\n[[node]]\nname = "node"\n[[apply]]\nmanifest = "web.yaml"\n'
    place.write_text(before)
    fitted = kubelapse.fit(stream, into=place)
    assert place.read_text() == before
    program("fit", stream, "--into", place)
    assert place.read_text() == fitted.scenario != before and fitted.scenario.startswith(before.strip())
    assert kubelapse.run(place).digest and kubelapse.fit(stream).scenario is None
    with pytest.raises(kubelapse.ScenarioError, match="scenario.toml with the numbers:.*(?s:.)*no \\[\\[apply\\]\\] has a Deployment"):
        kubelapse.fit(stream, into=CRASHING)
    with pytest.raises(kubelapse.ScenarioError, match="no manifest"):
        kubelapse.fit(stream, into=DEPLOYMENT)
    with pytest.raises(kubelapse.ScenarioError, match="is not written as"):
        kubelapse.fit(stream, into="name = 'web'\nimage = 3\n")


def test_two_clusters_are_not_fitted_as_one():
    def own(uid):
        pod = json.loads(cluster())
        pod["metadata"]["uid"] = uid
        return pod

    with pytest.raises(kubelapse.InputError, match="these are two clusters"):
        kubelapse.fit(own("a"), own("b"))


def test_objects_of_the_official_client_are_read():
    """As a client of a real cluster has them: attributes by other names, instants as such, items of lists without a kind."""
    client = pytest.importorskip("kubernetes.client")
    printed = json.loads(cluster())
    bare = {key: value for key, value in printed.items() if key not in ("kind", "apiVersion")}
    answer = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [bare]})
    pods = client.ApiClient().deserialize(answer, "V1PodList", "application/json")
    assert pods.items[0].kind is None
    for given in (pods, pods.items, pods.items[0]):
        assert kubelapse.explain(given, now="2030-01-01T00:00:00Z") == kubelapse.explain(printed, now="2030-01-01T00:00:00Z")
        assert kubelapse.predict(given, seeds=20) == kubelapse.predict(printed, seeds=20)
        assert kubelapse.fit(given) == kubelapse.fit(printed) and kubelapse.compare(given, printed).same
    labels = client.V1ObjectMeta(name="web", labels={"app": "web"})
    template = client.V1PodTemplateSpec(metadata=labels, spec=client.V1PodSpec(containers=[client.V1Container(name="app", image="x")]))
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels.labels), template=template)
    deployment = client.V1Deployment(api_version="apps/v1", kind="Deployment", metadata=labels, spec=spec)
    own, other = kubelapse.run(deployment), kubelapse.run(client.ApiClient().sanitize_for_serialization(deployment))
    assert len(own.pods) == 2 and own.digest == other.digest == kubelapse.run([deployment]).digest


def test_manifests_may_be_objects_and_lines():
    own = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "x"}]}}}}
    digest = kubelapse.run(own).digest
    for same in ([own], json.dumps(own), json.dumps(own, indent=1), [json.dumps(own)]):
        assert kubelapse.run(same).digest == digest
    endless: list = []
    endless.append(endless)
    for wrong in (endless, [[own]], ([own],)):
        with pytest.raises(TypeError, match="no lists in it"):
            kubelapse.run(wrong)


def test_runs_and_texts_are_compared(program, crashing, tmp_path):
    a, b = kubelapse.run(crashing, seed=1), kubelapse.run(crashing, seed=1, set={"pod.web.spec.restartPolicy": "Never"})
    assert kubelapse.compare(a, a).same
    told = kubelapse.compare(a, b)
    assert not told and told.pods[0]["pod"] == "default/web" and "A  " in str(told)
    for name, run in (("a.csv", a), ("b.csv", b)):
        (tmp_path / name).write_bytes(run.timeline_csv())
    words = program("compare", tmp_path / "a.csv", tmp_path / "b.csv", "-o", "json")
    assert kubelapse.compare(tmp_path / "a.csv", tmp_path / "b.csv").to_dict() == json.loads(words) == told.to_dict()


def test_versions_are_compared(program):
    told = kubelapse.compare_versions("crash-loop", "1.32", "1.37", seeds=3)
    words = json.loads(program("compare", "crash-loop", "--versions", "1.32,1.37", "--seeds", 3, "-o", "json"))
    assert [*told.differ] == words["differ"] and told.seed == words["seed"] and told.report.to_dict() == words["report"]


def test_answers_can_be_pickled():
    text = cluster()
    for own in [
        kubelapse.sweep(CRASHING, seeds=2, until="1m"),
        kubelapse.predict(text, seeds=10),
        kubelapse.explain(text)[0],
        kubelapse.compare(text, text),
    ]:
        again = pickle.loads(pickle.dumps(own))
        assert str(again) == str(own) and again.to_dict() == own.to_dict() and repr(again) == repr(own)
        assert own._repr_html_()


def test_a_run_can_be_pickled():
    run = kubelapse.run("rollout" if any(own.name == "rollout" for own in kubelapse.catalogue()) else "crash-loop", seed=5)
    again = pickle.loads(pickle.dumps(run))
    assert (again.name, again.seed, again.digest, again.steps, again.ended) == (run.name, run.seed, run.digest, run.steps, run.ended)
    assert again.timeline_csv() == run.timeline_csv() and again.pods_csv() == run.pods_csv() and repr(again) == repr(run)
    for name in ("timeline", "pods", "workloads", "endpoints"):
        assert getattr(again, name).columns == getattr(run, name).columns
        assert getattr(again, name).rows() == getattr(run, name).rows(), name
    table = pickle.loads(pickle.dumps(run.timeline))
    assert table.rows() == run.timeline.rows() and "<table>" in table._repr_html_()


def test_pickled_tables_have_the_same_columns():
    pyarrow = pytest.importorskip("pyarrow")
    run = kubelapse.run("crash-loop")
    again = pickle.loads(pickle.dumps(run))
    for name in ("timeline", "pods", "workloads", "endpoints"):
        own, other = (pyarrow.table(getattr(one, name)) for one in (run, again))
        assert own.schema == other.schema, name
        assert pyarrow.table(pickle.loads(pickle.dumps(getattr(run, name)))).schema == own.schema
