"""The stubs say what the module has."""

import inspect
import subprocess
import sys

import kubelapse
import pytest
from kubelapse import _kubelapse


def test_stubs_and_module_agree(tmp_path):
    pytest.importorskip("mypy")
    words = [sys.executable, "-m", "mypy.stubtest", "kubelapse._kubelapse"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_users_are_typed(tmp_path):
    pytest.importorskip("mypy")
    place = tmp_path / "use.py"
    place.write_text(
        "import kubelapse\n"
        "run = kubelapse.run('x', seed=3, set={'a': 1})\n"
        "names: list[str] = run.timeline.columns\n"
        "steps: tuple[kubelapse.answers.Step, ...] = kubelapse.predict('x').pods[0].steps\n"
        "kubelapse.Session('x').goto_where(status='Running')\n"
        "kubelapse.run(7)\n"
    )
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(place)], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert "use.py:6" in done.stdout and "Found 1 error" in done.stdout, done.stdout


def test_everything_has_a_docstring():
    without = []
    for name in kubelapse.__all__:
        own = getattr(kubelapse, name)
        if callable(own) and not inspect.getdoc(own):
            without.append(name)
        if inspect.isclass(own) and not issubclass(own, Exception):
            for member, value in vars(own).items():
                if not member.startswith("_") and (callable(value) or inspect.isdatadescriptor(value)):
                    if not inspect.getdoc(value):
                        without.append(f"{name}.{member}")
    assert not without, without


def test_all_names_are_there():
    assert not [name for name in kubelapse.__all__ if not hasattr(kubelapse, name)]
    assert {"Run", "Session", "Table", "Shipped"} <= set(dir(_kubelapse))
