"""The notebooks run from top to bottom, and what they show is what they come to."""

import shutil
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("polars")

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def shown(notebook):
    """What each cell prints, as text."""
    return [
        [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_there_are_notebooks():
    assert [own.stem for own in NOTEBOOKS] == ["compare-versions", "tune-a-probe", "when-does-the-alert-fire"]
    assert all(own.stat().st_size < 20_000 for own in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_comes_to(path):
    if "kubelapse.alerts(" in path.read_text() and not shutil.which("promtool"):
        pytest.skip("no promtool on the PATH")
    kept = nbformat.read(path, as_version=4)
    played = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(played, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}).execute()
    assert shown(played) == shown(kept)
    assert any(shown(kept))
