"""What the documents show runs as it stands there, in an empty folder: files first (```toml web.toml), then each piece of Python, and
what a piece says it prints (lines of `# → …` behind a print) it prints."""

import contextlib
import io
import re
import shutil

import pytest
from conftest import ROOT

PIECE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["python/README.md", "docs/python.md"])
def test_pieces_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    pieces = PIECE.findall((ROOT / page).read_text())
    ran = 0
    for language, file, text in pieces:
        if file:
            (tmp_path / file).write_text(text)
        elif language == "python":
            if "kubelapse.alerts(" in text and not shutil.which("promtool"):
                continue
            for module in re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE):
                if module != "kubelapse":
                    pytest.importorskip(module)
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                exec(compile(text, f"{page}:{ran}", "exec"), names)
            told = shown.getvalue()
            for line in re.findall(r"# → (.*)$", text, re.MULTILINE):
                assert line.strip() in told, f"{line!r} is not printed by\n{text}\nbut\n{told}"
            ran += 1
    assert ran > 0
