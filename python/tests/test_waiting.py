"""The interpreter is let go of, progress is told, Ctrl-C ends what is under way."""

import gzip
import os
import signal
import threading
import time

import kubelapse
import pytest
from conftest import CRASHING, DEPLOYMENT, ROOT

# What is called below takes long, most of it hours, where nobody ends it, so that it is under way on any machine when somebody does.
LONG = CRASHING.replace('until = "5m"', 'until = "2000h"')
MANY = LONG.replace('name = "web"', 'name = "web"\nreplicas = 50')


def calls():
    return {
        "run": lambda: kubelapse.run(LONG.replace('name = "web"', 'name = "web"\nreplicas = 200')),
        "sweep": lambda: kubelapse.sweep(LONG, seeds=1000),
        "audit": lambda: kubelapse.audit("---".join(DEPLOYMENT.replace("name: web", f"name: web-{ix}") for ix in range(60))),
        "predict": lambda: kubelapse.predict(pods(), seeds=100_000),
        "fit": lambda: kubelapse.fit(stream()),
        "versions": lambda: kubelapse.compare_versions(LONG, "1.32", "1.37", seeds=1000),
        "end": lambda: kubelapse.Session(MANY).end(),
        "task": lambda: kubelapse._kubelapse.Task(MANY),
        "unpickled": unpickled(),
        "goto_where": lambda: kubelapse.Session(MANY).goto_where(status="Completed"),
    }


def unpickled():
    """A session far along, which is played again to there."""
    s = kubelapse.Session(MANY)
    made, (pickled,) = s.__reduce__()
    far = (*pickled[:-1], (1 << 40, pickled[-1][1]))
    return lambda: made(far)


def stream():
    """What a watch tells in a long time."""
    recorded = ROOT / "tests/golden-workloads/golden-workloads/deployment-restart-twice/stream.jsonl.gz"
    return gzip.decompress(recorded.read_bytes()).decode() * 400


def pods():
    s = kubelapse.Session(MANY)
    s.goto(30)
    return s.kubectl("get pods -o json")


def pod():
    s = kubelapse.Session(CRASHING)
    s.goto(30)
    return s.kubectl("get pod web -o json")


@pytest.mark.parametrize("name", calls())
def test_ctrl_c_ends_it_soon_and_others_go_on_meanwhile(name):
    ticks, over, sent = [0], threading.Event(), [0.0]

    def beside():
        began = time.monotonic()
        while not over.is_set():
            ticks[0] += 1
            time.sleep(0.001)
            if not sent[0] and time.monotonic() - began > 0.3:
                sent[0] = time.monotonic()
                os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=beside)
    try:
        with pytest.raises(KeyboardInterrupt):
            thread.start()
            calls()[name]()
            pytest.fail("it was over before anybody interrupted it")
        took = time.monotonic() - sent[0]
    finally:
        over.set()
        thread.join()
    assert took < 5, f"{took:.1f} s after Ctrl-C"
    assert ticks[0] > 30, "the interpreter was held"


@pytest.mark.parametrize("name", ["sweep", "predict", "run"])
def test_progress_is_told_and_may_stop(name):
    parts = []
    if name == "sweep":
        kubelapse.sweep(CRASHING, seeds=300, progress=parts.append)
    elif name == "predict":
        kubelapse.predict(pod(), seeds=300, progress=parts.append)
    else:
        kubelapse.run("fleet-1k", progress=parts.append)
    assert parts == sorted(parts) and all(0 <= own <= 1 for own in parts)

    def stop(_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        if name == "sweep":
            kubelapse.sweep(LONG, seeds=1000, progress=stop)
        elif name == "predict":
            kubelapse.predict(pod(), seeds=100_000, progress=stop)
        else:
            kubelapse.run("crash-loop-10k", progress=stop)
    with pytest.raises(TypeError, match="progress"):
        kubelapse.run(CRASHING, progress=7)


def test_a_bar_is_shown_where_tqdm_is(capsys):
    pytest.importorskip("tqdm")
    kubelapse.run(CRASHING, progress=True)
    assert "100%" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is copied here")
@pytest.mark.filterwarnings("ignore:This process")
def test_a_copied_process_has_threads_of_its_own():
    kubelapse.sweep(CRASHING, seeds=4, until="1m")
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if len(kubelapse.sweep(CRASHING, seeds=4, until="1m").runs) == 4 else 1)
        finally:
            os._exit(2)
    for _ in range(300):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the copy waits for threads that it does not have")
    assert os.waitstatus_to_exitcode(status) == 0
