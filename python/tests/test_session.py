"""Walks: forwards, backwards, asked, acted on, copied, pickled."""

import copy
import pickle

import kubelapse
import pytest
from conftest import CRASHING, DEPLOYMENT


def test_words_and_keys_say_the_same():
    by_words, by_keys, by_kubectl = (kubelapse.Session(DEPLOYMENT) for _ in range(3))
    for s in (by_words, by_keys, by_kubectl):
        assert s.goto_where(rollout="complete", deployment="web")
    told = by_keys.do(scale="deployment/web", replicas=3)
    assert told == by_kubectl.do("scale deployment web --replicas 3") == by_words.do("scale deployment/web replicas=3")
    assert "scaled" in told
    for s in (by_words, by_keys, by_kubectl):
        assert s.goto("+30s")
        assert s.kubectl("get deployment web").split()[-4:-1] == ["3/3", "3", "3"]
    assert by_words.digest == by_keys.digest == by_kubectl.digest


def test_conditions_by_keys_and_words():
    a, b = kubelapse.Session(CRASHING), kubelapse.Session(CRASHING)
    assert a.goto_where(restarts=">=3", pod="web") and b.goto_where("restarts>=3 pod=web")
    assert (a.now, a.digest) == (b.now, b.digest) and "Restarted" not in a.kubectl("get pods")
    assert a.goto_where(status="CrashLoopBackOff", back=True) or a.now == 0
    assert not a.goto_where(status="Succeeded") and a.at_end


def test_what_comes_and_why():
    with kubelapse.Session(CRASHING, seed=3) as s:
        assert s.goto_where(status="CrashLoopBackOff")
        assert "Running 1/1" in s.predict("web") and "futures" in s.predict()
        assert "back-off" in s.why() or s.why()
        assert s.coming() and "web" in s._repr_html_() and "crash" not in repr(s)


def test_a_session_can_be_copied_and_pickled():
    s = kubelapse.Session(CRASHING, seed=3, set={"pod.web.spec.terminationGracePeriodSeconds": 7})
    s.goto(20)
    s.do(label="pod/web", labels={"tier": "front"})
    assert s.goto_where(restarts=3)
    s.do("label pod web note=here")
    s.goto("-3s")
    for other in (pickle.loads(pickle.dumps(s)), copy.copy(s), copy.deepcopy(s)):
        assert (other.now, other.position, other.digest, other.seed) == (s.now, s.position, s.digest, s.seed)
        assert other.kubectl("get pod web -o yaml") == s.kubectl("get pod web -o yaml") and other.saved() == s.saved()
        assert other.end() == s.copy().end()
        ended = s.copy()
        ended.end()
        assert other.digest == ended.digest
        assert other.undo() == "label pod web note=here"


def test_a_manifest_that_was_read_is_pickled_with_it(deployment):
    s = kubelapse.Session(deployment, nodes=2)
    s.goto(30)
    data = pickle.dumps(s)
    deployment.unlink()
    other = pickle.loads(data)
    assert other.digest == s.digest and other.kubectl("get pods") == s.kubectl("get pods")


def test_lists_and_folders_of_manifests(tmp_path, deployment):
    (tmp_path / "service.yml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    of_folder = kubelapse.run(tmp_path, until="1m")
    of_list = kubelapse.run([tmp_path / "service.yml", str(deployment)], until="1m")
    assert of_folder.ended == 60.0 and of_folder.endpoints["service"] and of_list.endpoints["service"]
    of_texts = kubelapse.run([(tmp_path / "service.yml").read_text(), DEPLOYMENT], until="1m")
    assert of_texts.endpoints["service"] and of_texts.digest == of_list.digest
    with pytest.raises(kubelapse.ScenarioError, match="is a scenario"):
        kubelapse.run([deployment, "crash-loop"])
    with pytest.raises(kubelapse.ScenarioError, match="`nodes` is about manifests"):
        kubelapse.run("crash-loop", nodes=2)


def test_numbers_of_other_libraries():
    numpy = pytest.importorskip("numpy")
    key = "pod.web.spec.terminationGracePeriodSeconds"
    own = kubelapse.run(CRASHING, seed=numpy.int64(3), set={key: numpy.int32(7)})
    assert own.digest == kubelapse.run(CRASHING, seed=3, set={key: 7}).digest
    swept = kubelapse.sweep(CRASHING, vary={key: numpy.arange(1, 3)}, seeds=2, until="1m")
    assert swept.runs[key] == [1, 1, 2, 2]
