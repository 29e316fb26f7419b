"""The environment as agents have it: Gymnasium's own checker, determinism, splits, both spaces, both baselines."""

import copy
import json
import os
import pickle
import subprocess

import pytest

gymnasium = pytest.importorskip("gymnasium")
numpy = pytest.importorskip("numpy")

import kubelapse  # noqa: E402
from gymnasium.utils.env_checker import check_env  # noqa: E402
from kubelapse import gym  # noqa: E402

PROGRAM = os.environ.get("KUBELAPSE")
# A task of somebody's own: a ConfigMap that is not there, and what has to be so in the end.
MISSING = """
name = "shop"
until = "10m"
[[object]]
kind = "ConfigMap"
name = "settings"
missing = true
[[pod]]
name = "web"
spec.containers = [{ name = "app", image = "x", envFrom = [{ configMapRef = { name = "settings" } }] }]
[[expect]]
at = "2m"
pod = "web"
status = "CreateContainerConfigError"
[[expect]]
at = "8m"
pod = "web"
status = "CreateContainerConfigError"
"""


def typed(env, *lines):
    """Types lines; the last step's answer and the sum of rewards."""
    total = 0.0
    for line in lines:
        told, reward, over, cut, info = env.step(line)
        total += reward
        if over or cut:
            break
    return told, total, over, cut, info


@pytest.mark.parametrize("observation", ["kubectl", "structured"])
@pytest.mark.parametrize("task", ["drills", "unschedulable", "catalogue"])
def test_gymnasium_finds_nothing_wrong(observation, task):
    check_env(gym.Env(task, observation=observation), skip_render_check=False)


@pytest.mark.parametrize("actions", ["text", "menu", "flat"])
@pytest.mark.parametrize("observation", ["kubectl", "structured"])
def test_every_observation_goes_with_every_kind_of_action(observation, actions):
    env = gym.Env("drills", observation=observation, actions=actions, level=3, max_steps=30)
    env.action_space.seed(3)
    seen, _ = env.reset(seed=5)
    assert env.observation_space.contains(seen)
    for _ in range(30):
        seen, reward, over, cut, _ = env.step(env.action_space.sample())
        assert env.observation_space.contains(seen) and numpy.isfinite(reward)
        if over:
            break
    assert over or cut


@pytest.mark.parametrize("task", ["drills", "unschedulable", MISSING])
@pytest.mark.parametrize("observation", ["kubectl", "structured"])
def test_an_episode_under_way_can_be_pickled_and_copied(task, observation):
    """What it comes to from there on is the same, also where it is played in another process."""
    env = gym.Env(task, observation=observation, actions="menu", seed=9, max_steps=12, seeds=3)
    env.reset()
    env.action_space.seed(2)
    for _ in range(5):
        env.step(env.action_space.sample())
    env.step("kubectl get pods")
    others = [pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    for _ in range(4):
        action = env.action_space.sample()
        own = env.step(action)
        for other in others:
            seen = other.step(action)
            assert json.dumps(seen[4]) == json.dumps(own[4]) and seen[1:4] == own[1:4]
            assert other.episode.digest == env.episode.digest and (other.action_masks() == env.action_masks()).all()
            assert seen[0] == own[0] if observation == "kubectl" else all((seen[0][key] == own[0][key]).all() for key in own[0])
    assert [other.reset()[1] for other in others] == [env.reset()[1]] * 2
    for own in (*kubelapse.catalogue()[:3], kubelapse._kubelapse.Task(MISSING)):
        assert repr(pickle.loads(pickle.dumps(own))) == repr(copy.deepcopy(own)) == repr(own)


def test_the_same_seed_and_actions_are_the_same_episode():
    def talk(seed, level=3):
        env = gym.Env("drills", level=level)
        told = [env.reset(seed=seed)[0]]
        for line in ["kubectl get pods", "kubectl get events", "tree", "sleep 2m", "causes", "nonsense"]:
            told.append(env.step(line)[0])
        return told, env.episode.digest

    assert talk(1) == talk(1)
    assert talk(1) != talk(2)
    # A reset without a seed goes on where the seed has led to.
    env, again = gym.Env("drills", seed=9), gym.Env("drills", seed=9)
    drawn = [env.reset()[1]["seed"] for _ in range(3)]
    assert drawn == [again.reset()[1]["seed"] for _ in range(3)] and len(set(drawn)) == 3


def test_what_was_prepared_once_is_what_is_made_anew():
    lines = ["kubectl get pods", "sleep 30s", "kubectl describe pod"]
    for task, options in [("drills", {"seed": 12}), ("unschedulable", {"seed": 4})]:
        env = gym.Env(task)
        heard = []
        for _ in range(2):
            env.reset(options=options)
            heard.append([env.step(line)[0] for line in lines] + [env.episode.digest])
        fresh = gym.Env(task)
        fresh.reset(options=options)
        assert heard[0] == heard[1] == [fresh.step(line)[0] for line in lines] + [fresh.episode.digest]


@pytest.mark.parametrize("level", [1, 3, 5])
def test_who_knows_the_answer_has_the_full_score(level):
    env = gym.Env("drills", level=level)
    for seed in range(3):
        env.reset(options={"seed": seed})
        causes, mends = env.causes, env.episode.mends
        lines = [f"cause {kind} {name}" for kind, name in causes] + [*mends] + ["sleep 30s"] * 80
        _, total, over, cut, info = typed(env, *lines)
        assert over and not cut and info["mended"]
        assert info["causes"] == causes
        assert info["score"]["points"]["total"] == info["points"] == 100
        assert total == pytest.approx(1.0)


def test_the_return_is_the_score_also_of_who_is_wrong():
    env = gym.Env("drills", level=1)
    env.reset(options={"seed": 1})
    kind, name = env.causes[0]
    wrong = next(own for own in gym.KINDS if own != kind)
    _, total, over, _, info = typed(env, f"cause {wrong} {name}", f"cause {kind} {name}", "surrender")
    assert over and not info["mended"]
    points = info["score"]["points"]
    assert points["cause"] == 25 and info["score"]["wrong"] == 1
    assert total == pytest.approx(points["total"] / 100)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step("kubectl get pods")


def test_shaping_pays_what_has_become_well():
    env = gym.Env("drills", level=1, shaping=0.5)
    _, info = env.reset(options={"seed": 1})
    before = info["met"] / info["wanted"]
    lines = [*env.episode.mends] + ["sleep 30s"] * 40 + ["surrender"]
    _, total, _, _, info = typed(env, *lines)
    after = info["met"] / info["wanted"]
    assert before < after == 1.0
    assert total == pytest.approx(info["points"] / 100 + 0.5 * (after - before))


def test_a_scenario_is_kept_by_making_its_subject_well():
    env = gym.Env(MISSING)
    told, info = env.reset(seed=1)
    assert "pod/web Ready, or ended well" in told and not env.episode.state[2]
    # Left alone it comes to nothing: what is expected tells of the trouble.
    _, total, over, _, info = typed(env, "sleep 20m")
    assert over and not info["mended"] and info["points"] == 0 and total == 0
    assert info["score"]["scenario"] == "shop" and info["score"]["points"]["expected"] == 0
    env.reset(seed=1)
    _, total, over, _, info = typed(env, "kubectl create configmap settings", "sleep 1m", "sleep 1m", "sleep 2m")
    assert over and info["mended"]
    points = info["score"]["points"]
    assert points["expected"] == 30 and points["whole"] == 30 and points["time"] >= 36
    assert total == pytest.approx(points["total"] / 100)
    # Half of what was expected: the first one comes too early.
    env.reset(seed=1)
    _, _, over, _, info = typed(env, "sleep 150s", "kubectl create configmap settings", "sleep 1m", "sleep 1m", "sleep 2m")
    assert over and info["score"]["points"]["expected"] == 15


def test_a_run_ends_an_episode_and_so_do_steps():
    env = gym.Env("drills", max_steps=3)
    env.reset(seed=1)
    assert [env.step("kubectl get pods")[2:4] for _ in range(3)] == [(False, False), (False, False), (False, True)]
    env = gym.Env("unschedulable")
    env.reset(seed=1)
    _, _, over, cut, info = typed(env, "sleep 5h")
    assert over and not cut and info["clock"] == kubelapse.Session("unschedulable").until


def test_errors_are_texts_and_time_passes_only_for_what_was_done():
    env = gym.Env("drills")
    _, info = env.reset(seed=2)
    assert info["time"] == 0
    told, _, _, _, info = typed(env, "kubectl get podz")
    assert "podz" in told and info["time"] == 5
    told, _, _, _, info = typed(env, "kubectl delete pod")
    assert info["time"] == 5 and told
    told, _, _, _, info = typed(env, "kubectl describe pod/none-such")
    assert "not found" in told.lower()
    # What no terminal prints does not come in, and nothing that is typed ends it.
    for line in ["\x00\x1b[2J", "kubectl get pods -n 'unclosed", "patch deployment/x -p {{{", "sleep -5s", "set", "é" * 5000, ""]:
        told, *_ = env.step(line)
        assert env.observation_space.contains(told)


def test_train_and_test_share_no_seed_and_no_kind_that_is_held_out():
    held = ["image", "selector"]
    drawn = {}
    for split in gym.draw.SPLITS:
        env = gym.Env("drills", level=2, split=split, hold_out=held, seed=0)
        drawn[split] = [env.reset()[1]["seed"] for _ in range(5)]
        kinds = [{kind for kind, _ in env.causes}] + [
            {*kubelapse._kubelapse.drill_kinds(seed, 2)} for seed in drawn[split]
        ]
        assert all(bool(own & {*held}) == (split == "test") for own in kinds)
    assert not {*drawn["train"]} & {*drawn["test"]}
    train, test = gym.catalogue("train"), gym.catalogue("test")
    assert not {*train} & {*test} and {*train, *test} == {*gym.catalogue()}
    assert len(test) >= 20
    # What is told without playing is what is played.
    for seed in range(12):
        episode = kubelapse._kubelapse.Episode.of_drill(seed, 3)
        assert [kind for kind, _ in episode.causes] == kubelapse._kubelapse.drill_kinds(seed, 3)


def test_few_seeds_are_few_drills():
    env = gym.Env("drills", seeds=4, split="train", seed=1)
    assert {env.reset()[1]["seed"] for _ in range(40)} == {0, 2, 4, 6}


def test_a_lesson_of_the_catalogue_does_not_heal_by_itself():
    env = gym.Env("catalogue", split="test", seed=3)
    for _ in range(4):
        told, info = env.reset()
        assert info["task"] in gym.catalogue("test") and "Wanted" in told
        task = kubelapse._kubelapse.Task(info["task"])
        assert not task.is_calm and not task.heals
        env.reset(options={"lesson": task.name, "seed": task.seed})
        _, _, over, _, info = typed(env, "sleep 1000h")
        assert over and not info["mended"]


def test_the_structured_observation_says_what_kubectl_says():
    env = gym.Env("drills", observation="structured", level=3)
    for seed in range(4):
        tables, _ = env.reset(options={"seed": seed})
        pods = {name: tables["pods"][:, ix] for ix, name in enumerate(gym.FEATURES["pods"])}
        nodes = {name: tables["nodes"][:, ix] for ix, name in enumerate(gym.FEATURES["nodes"])}
        assert gym.FEATURES["pods"][0] == "present" and env.observation_space.contains(tables)
        # What is printed five seconds earlier.
        other = gym.Env("drills", level=3)
        other.reset(options={"seed": seed})
        rows = gym.baselines._rows(other.step("kubectl get pods")[0])
        listed = gym.baselines._rows(other.step("kubectl get nodes")[0])
        assert pods["present"].sum() == len(rows)
        assert pods["running"].sum() == sum(row["STATUS"] in ("Running", "CrashLoopBackOff", "Error") for row in rows)
        assert round(float(pods["restarts_of_10"].sum()) * 10) == sum(min(int(row["RESTARTS"].split()[0]), 10) for row in rows)
        assert nodes["present"].sum() == len(listed)
        assert nodes["ready"].sum() == sum(row["STATUS"].startswith("Ready") for row in listed)
        assert nodes["cordoned"].sum() == sum("SchedulingDisabled" in row["STATUS"] for row in listed)
        # Every pod with an owner says which row that is.
        owners = numpy.rint(pods["owner_place"] * gym.ROWS["objects"]).astype(int)
        assert all(tables["objects"][place - 1, 0] == 1 for place in owners if place)


def test_a_row_stays_where_it_is():
    env = gym.Env("drills", observation="structured", level=1)
    tables, _ = env.reset(options={"seed": 2})
    before = tables["objects"][:, : gym.FEATURES["objects"].index("autoscaler") + 1].copy()
    pods = tables["pods"][:, 0].copy()
    victim = int(pods.nonzero()[0][0])
    env.step((gym.VERBS.index("delete"), gym.ROWS["objects"] + gym.ROWS["nodes"] + victim))
    tables, *_ = env.step((gym.VERBS.index("wait-long"), 0))
    assert (tables["objects"][:, : before.shape[1]] == before).all()


def test_the_menu_mends():
    """For kinds of faults that it has a verb for, the menu alone comes to the full score."""
    mended = set()
    env = gym.Env("drills", observation="structured")
    verbs = {
        "image": "undo",
        "command": "undo",
        "probe-path": "undo",
        "requests": "requests",
        "memory-limit": "memory",
        "scaled-to-zero": "scale",
        "selector": "selector",
        "config-missing": "config",
        "node-selector": "label",
        "paused": "resume",
        "hang": "restart",
        "suspended": "resume",
        "quota": "relax",
        "budget": "relax",
        "taint": "untaint",
        "node-lost": "delete",
        "volume-zone": "uncordon",
    }
    for level, seeds in [(1, 16), (2, 10), (3, 24), (4, 8)]:
        for seed in range(seeds):
            kinds = kubelapse._kubelapse.drill_kinds(seed, level)
            if {*kinds} <= mended or not {*kinds} <= {*verbs}:
                continue
            env.reset(options={"seed": seed, "level": level})
            for kind, name in env.causes:
                for of in ["cause " + kind, verbs[kind]]:
                    for target in range(gym.TARGETS):
                        lines = env.lines((gym.VERBS.index(of), target))
                        plain = name.split("/")[1]
                        is_it = {
                            "untaint": lines[0].startswith("taint"),
                            "label": lines[0].startswith("label"),
                            "config": lines[0].startswith("create"),
                        }.get(of, any(name in line or line.endswith(f" {plain}") for line in lines))
                        if is_it:
                            *_, over, cut, info = env.step((gym.VERBS.index(of), target))
                            if of != "untaint":
                                break
            for _ in range(40):
                if over or cut:
                    break
                *_, over, cut, info = env.step((gym.VERBS.index("wait"), 0))
            assert info["mended"], (level, seed, env.causes, env.episode.tree())
            assert over and info["points"] >= 90, (level, seed, env.causes, env.episode.score())
            mended |= {*kinds}
    assert len(mended) >= 14, sorted({*verbs} - mended)


def test_masks_are_of_what_means_something():
    env = gym.Env("drills", observation="structured", level=2)
    env.reset(seed=1)
    mask = env.action_masks()
    assert mask.shape == (len(gym.VERBS), gym.TARGETS)
    assert mask[gym.VERBS.index("wait")].all()
    for verb, target in zip(*mask.nonzero()):
        assert env.lines((verb, target)) != ["sleep 5s"]
    for verb, target in list(zip(*(~mask).nonzero()))[::97]:
        assert env.lines((verb, target)) == ["sleep 5s"]
    assert env.action_space.sample(mask=None) is not None
    flat = gym.Env("drills", observation="structured", actions="flat", level=2)
    flat.reset(seed=1)
    assert (flat.action_masks() == mask.ravel()).all()
    assert flat.action_masks()[int(flat.action_space.sample(mask=flat.action_masks().astype(numpy.int8)))]


def test_they_are_known_to_gymnasium():
    for name in ["Drill", "Catalogue", "Lesson"]:
        assert f"kubelapse/{name}-v0" in gymnasium.registry
    env = gymnasium.make("kubelapse/Drill-v0", level=2, render_mode="ansi")
    env.reset(seed=1)
    env.step("kubectl get pods")
    assert "deployment/" in env.render() and "NAME" in env.render()
    assert env.spec.kwargs["task"] == "drills"
    gym.register()
    lesson = gymnasium.make("kubelapse/Lesson-v0", task="unschedulable")
    assert "unschedulable" in lesson.reset(seed=1)[0]


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("observation", ["kubectl", "structured"])
def test_many_at_once(mode, observation):
    shared = {"vector_kwargs": {"shared_memory": False}} if mode == "async" else {}
    envs = gymnasium.make_vec(
        "kubelapse/Drill-v0", num_envs=3, vectorization_mode=mode, observation=observation, max_steps=4, **shared
    )
    try:
        envs.reset(seed=[1, 2, 1])
        envs.action_space.seed(0)
        for _ in range(6):
            seen, rewards, over, cut, info = envs.step(envs.action_space.sample())
            assert rewards.shape == over.shape == (3,)
        assert len(seen) == (4 if observation == "structured" else 3)
        assert info["time"].shape == (3,)
    finally:
        envs.close()


def test_the_baseline_by_rules_is_better_than_chance():
    def scores(agent_of, env, seeds):
        return [gym.play(env, agent_of(env), options={"seed": seed})["points"] for seed in seeds]

    env = gym.Env("drills", level=1)
    ruled = scores(lambda env: gym.Scripted(), env, range(12))
    chosen = scores(gym.Random, gym.Env("drills", level=1, observation="structured", max_steps=100), range(12))
    assert numpy.mean(ruled) > 90 and numpy.mean(ruled) > numpy.mean(chosen) + 20, (ruled, chosen)
    again = scores(gym.Random, gym.Env("drills", level=1, observation="structured", max_steps=100), range(12))
    assert chosen == again


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"observation": "pixels"}, "'kubectl', 'structured'"),
        ({"actions": "keys"}, "'text', 'menu', 'flat'"),
        ({"split": "validation"}, "'train', 'test'"),
        ({"level": 9}, "there are 1 to 5"),
        ({"max_steps": 0}, "one at least"),
        ({"split": "test", "hold_out": ["imag"]}, "no kind of fault 'imag'"),
        ({"hold_out": ["image"]}, "split='train' or split='test'"),
        ({"task": "catalogue", "hold_out": ["image"]}, "hold_out is of drills"),
        ({"task": "drills", "set": {"until": "1m"}}, "of scenarios"),
        ({"task": "crash-lop"}, "did you mean `crash-loop`"),
    ],
)
def test_what_cannot_be_is_told(wrong, told):
    with pytest.raises(ValueError, match=told):
        gym.Env(**wrong)
    env = gym.Env("drills")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step("kubectl get pods")
    with pytest.raises(ValueError, match="seed, level, lesson"):
        env.reset(options={"sed": 1})


@pytest.mark.skipif(not PROGRAM, reason="KUBELAPSE names the program that is compared")
def test_a_drill_is_the_programs_own(tmp_path):
    lines = ["kubectl get pods", "kubectl get events", "sleep 1m", "tree", "surrender"]
    told = tmp_path / "score.json"
    words = [PROGRAM, "drill", "--seed", "6", "--level", "3", "--json", told]
    printed = subprocess.run(words, input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    env = gym.Env("drills", level=3)
    brief, _ = env.reset(options={"seed": 6})
    said = [env.step(line) for line in lines]
    # The program breaks prose between words.
    words = " ".join(printed.split())
    assert all(" ".join(told.split()) in words for told in [brief, *(own[0] for own in said)])
    assert said[-1][4]["score"] == json.loads(told.read_text())
