"""What is wrong is told as the program tells it, one by one; nothing that is passed in is a panic."""

import pickle
import random
import subprocess
import sys

import kubelapse
import pytest
from conftest import CRASHING, DEPLOYMENT


def problems(call, kind=kubelapse.ScenarioError):
    with pytest.raises(kind) as told:
        call()
    assert isinstance(told.value, kubelapse.KubelapseError) and isinstance(told.value, ValueError)
    assert told.value.problems
    return told.value, told.value.problems


def test_all_problems_of_a_file_have_file_line_key_and_hint(tmp_path):
    place = tmp_path / "two.toml"
    place.write_text(CRASHING.replace("exit = 1", "exits = 1").replace("5m", "5 parsecs"))
    error, [first, second] = problems(lambda: kubelapse.run(place))
    assert (first.file, first.line, first.key, first.code) == (str(place), 2, "until", "E0004")
    assert (second.line, second.key) == (7, "pod[0].behavior.containers.app.attempts[0].exits")
    assert "did you mean `exit`" in second.hint and second.column > 20
    assert f"{place}:7" in str(error) and "━━━━━ not a key" in str(error)


def test_the_text_is_the_programs(program, crashing):
    crashing.write_text(CRASHING.replace("exit = 1", "exits = 1"))
    with pytest.raises(kubelapse.ScenarioError) as told:
        kubelapse.run(crashing)
    import subprocess, os

    said = subprocess.run([os.environ["KUBELAPSE"], "run", crashing], check=False, capture_output=True, text=True).stderr
    assert str(told.value) in said


def test_problems_of_a_dict_name_keys():
    scenario = {
        "pod": [
            {"name": "ok", "spec": {"containers": [{"name": "a", "image": "x"}]}},
            {"name": "web", "spec": {"containers": [{"name": "a", "image": "x"}]},
             "behavior": {"containers": {"a": {"attempts": [{"runs": "2s"}, {"run": "3s"}]}}}},
        ]
    }
    error, [only] = problems(lambda: kubelapse.run(scenario))
    assert only.key == "pod[1].behavior.containers.a.attempts[1].run"
    assert f"{only.key}: " in str(error)


def test_problems_of_values_name_keys():
    _, [only] = problems(lambda: kubelapse.run(CRASHING, set={"pod.web.specs.x": 1}))
    assert only.key == "pod.web.specs.x" and "spec" in only.hint


def test_exceptions_can_be_pickled():
    error, _ = problems(lambda: kubelapse.run(CRASHING.replace("5m", "5 parsecs")))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kubelapse.ScenarioError and str(again) == str(error) and again.problems == error.problems


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nobody says how much memory there is")
def test_more_pods_than_there_is_memory_for_are_an_exception():
    """Whoever plays asks first; in a process that may have 2 GB of addresses, so that the machine does not matter."""
    script = """
import pickle, resource, sys
import kubelapse
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, resource.RLIM_INFINITY))
many = sys.argv[1]
few = many.replace("10000000", "3")
deployment = sys.argv[2].replace("replicas: 2", "replicas: 9000000")
for call in (
    lambda: kubelapse.run(many),
    lambda: kubelapse.run(few, set={"pod.web.replicas": 10_000_000}),
    lambda: kubelapse.run(deployment),
    lambda: kubelapse.Session(many),
    lambda: kubelapse.sweep(few, vary={"pod.web.replicas": [1, 10_000_000]}, seeds=1),
    lambda: kubelapse.audit(deployment),
    lambda: kubelapse.compare_versions(many, "1.32", "1.36"),
    lambda: kubelapse._kubelapse.Task(many),
):
    try:
        call()
    except kubelapse.TooLarge as error:
        assert isinstance(error, MemoryError) and isinstance(error, kubelapse.ScenarioError), type(error).__mro__
        assert "pods take more than" in str(error) and error.problems[0].code == "E0401", str(error)
        assert type(pickle.loads(pickle.dumps(error))) is kubelapse.TooLarge
    else:
        raise SystemExit("it was played")
print(kubelapse.run(few).pods["phase"])
"""
    many = CRASHING.replace('name = "web"', 'name = "web"\nreplicas = 10000000')
    done = subprocess.run([sys.executable, "-c", script, many, DEPLOYMENT], check=False, capture_output=True, text=True)
    assert done.stdout == "['Running', 'Running', 'Running']\n", done.stdout + done.stderr


def test_files_that_are_not_there_are_oserrors(tmp_path):
    with pytest.raises(FileNotFoundError) as told:
        kubelapse.run(tmp_path / "nothing.toml")
    assert told.value.filename == str(tmp_path / "nothing.toml")
    with pytest.raises(FileNotFoundError):
        kubelapse.explain(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: kubelapse.predict("{}"), "there is no object in it"),
        (lambda: kubelapse.predict("NAME READY\nweb 1/1\n"), "a table for people"),
        (lambda: kubelapse.predict("", ahead="soon", level=2.0, seeds=0, now="noon", kubernetes="9.9"), "ahead soon"),
        (lambda: kubelapse.predict(pod(), assume={"wbe.runs": "3s"}), "assume wbe"),
        (lambda: kubelapse.predict(pod(), assume="walks=3s"), "there are runs, exits, boots and stops"),
        (lambda: kubelapse.explain("[]"), "no pod in it"),
        (lambda: kubelapse.explain(pod(), kubernetes="1.2"), "no version that is known"),
        (lambda: kubelapse.explain(pod(), now="noon"), "no instant"),
        (lambda: kubelapse.fit("{}"), "text:1: this is no object"),
        (lambda: kubelapse.fit({"kind": "List", "apiVersion": "v1", "items": []}), "nothing to fit"),
        (lambda: kubelapse.compare("time,x\n", CRASHING), "neither a timeline.csv"),
        (lambda: kubelapse.compare(pod(), pod(), within="soon"), "within soon"),
        (lambda: kubelapse.compare_versions(CRASHING, "1.32", "1.32"), "two that differ"),
        (lambda: kubelapse.compare_versions(CRASHING, "1.32", "1.99"), "no version"),
        (lambda: kubelapse.audit(CRASHING), "no workload"),
        (lambda: kubelapse.audit(DEPLOYMENT, questions="stat"), "did you mean `start`"),
        (lambda: kubelapse.audit(DEPLOYMENT, assume={"boots": "soon"}), "assume boots=soon"),
        (lambda: kubelapse.audit(DEPLOYMENT, assume={"shop.boots": "3s"}), "no such workload"),
        (lambda: kubelapse.sweep(CRASHING, vary={"pod.web.x": []}), "has no value"),
        (lambda: kubelapse.sweep(CRASHING, vary=["nonsense"], measure="restart"), "did you mean `restarts`"),
        (lambda: kubelapse.sweep(CRASHING, seeds=0), "no seed"),
        (lambda: kubelapse.sweep(CRASHING, until_interval=7.0), "until_interval"),
        (lambda: kubelapse.Session(CRASHING).goto("soon"), "no span"),
        (lambda: kubelapse.Session(CRASHING).goto(float("nan")), "no instant"),
        (lambda: kubelapse.Session(CRASHING).goto_where(statu="Running"), "did you mean"),
        (lambda: kubelapse.Session(CRASHING).kubectl("delete pod web"), "does not only look"),
        (lambda: kubelapse.Session(CRASHING).undo(), "nothing has been done"),
    ],
)
def test_what_was_asked_is_told(call, part):
    error, told = problems(call, kubelapse.InputError)
    assert part in str(error) or any(part in own.hint for own in told), str(error)


def pod():
    s = kubelapse.Session(CRASHING)
    s.goto(30)
    return s.kubectl("get pod web -o json")


def test_all_that_is_wrong_with_a_question_is_told_at_once():
    _, told = problems(
        lambda: kubelapse.predict("", ahead="soon", level=2.0, seeds=0, now="noon", kubernetes="9.9", assume="x"),
        kubelapse.InputError,
    )
    assert len(told) >= 7


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "7"])
def test_seeds_that_are_none(seed):
    with pytest.raises((TypeError, OverflowError)):
        kubelapse.run(CRASHING, seed=seed)


def test_anything_may_be_passed_in_and_nothing_panics(tmp_path):
    """Values that nobody means, at each argument of each function: an exception of Python's or ours, never a panic or a fault."""
    endless = []
    endless.append(endless)
    values = [
        None, True, -1, 2**63, 2**64, 1e308, float("nan"), float("inf"), "", "\0", "\n", "é\n", "[[pod]]\n", "a: [", "{", b"\xff", [], {},
        {"": ""}, {1: 2}, endless, object(), tmp_path, tmp_path / "no", ["x"] * 3, {"pod": 3}, {"x.y[": 1}, (), range(3), print,
        {"pod.web": endless}, "status=", "x" * 100_000, "-1h", "+", "\ud800",
    ]
    dice = random.Random(38)
    calls = [
        lambda a, b, c: kubelapse.run(a, seed=b, set=c),
        lambda a, b, c: kubelapse.run(CRASHING, set=a, until=b, kubernetes=c, progress=False),
        lambda a, b, c: kubelapse.run(DEPLOYMENT, nodes=a, set=b, seed=c),
        lambda a, b, c: kubelapse.sweep(CRASHING, vary=a, seeds=dice.choice([1, b]), measure=c, until="1m"),
        lambda a, b, c: kubelapse.predict(a, now=b, assume=c, seeds=2),
        lambda a, b, c: kubelapse.predict(pod(), ahead=a, level=b, seeds=c),
        lambda a, b, c: kubelapse.explain(a, now=b, kubernetes=c),
        lambda a, b, c: kubelapse.fit(a, b, now=c),
        lambda a, b, c: kubelapse.compare(a, b, within=c),
        lambda a, b, c: kubelapse.audit(a, against=b, assume=c),
        lambda a, b, c: session(lambda s: (s.goto(a), s.goto_where(b), s.goto_where(x=c))),
        lambda a, b, c: session(lambda s: (s.say(a), s.kubectl(b), s.why(c))),
        lambda a, b, c: session(lambda s: (s.do(a), s.do(scale=b, replicas=c))),
        lambda a, b, c: session(lambda s: (s.predict(a), s.next(b), s.back(c))),
    ]
    for number in range(280):
        a, b, c = dice.choices(values, k=3)
        try:
            calls[number % len(calls)](a, b, c)
        except kubelapse.Fault as fault:
            raise AssertionError(f"{number}: {a!r:.60} {b!r:.60} {c!r:.60}") from fault
        except Exception:  # noqa: BLE001 - any other is an answer
            pass


def session(use):
    s = kubelapse.Session(CRASHING, until="1m")
    s.goto(20)
    use(s)
