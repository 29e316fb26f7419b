"""What will my pod do, and when? A deterministic simulator of the kubelet and what stands around it.

`run` plays a scenario, a manifest or a dict to its end and has its rows as tables of Arrow; `Session` steps through one, forwards
and backwards, asks why, and acts on it. The same scenario, seed and version give the same bytes as the program. Times are seconds
since the start of a run unless a name says otherwise.
"""

from __future__ import annotations

from ._kubelapse import Run, ScenarioError, Session, Shipped, Table, __version__, catalogue, play

__all__ = ["Run", "ScenarioError", "Session", "Shipped", "Table", "__version__", "catalogue", "run"]


def run(source, *, seed=None, set=None, kubernetes=None, progress=False) -> Run:
    """Plays a scenario to its end, in memory.

    source: a path, the name of a scenario that is built in, a text (TOML, or manifests in YAML or JSON), or a dict.
    seed: instead of the scenario's.
    set: values of the scenario, by their keys: {"pod.web.spec.restartPolicy": "Never"}.
    kubernetes: the version whose habits count, such as "1.32".
    progress: a bar by tqdm, if that is installed; or a callable that is told how much of the run is over, 0 to 1.
    Raises ScenarioError with all problems, KeyboardInterrupt on Ctrl-C.
    """
    if progress is True:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return play(source, seed=seed, set=set, kubernetes=kubernetes)
        with tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}") as bar:
            made = play(source, seed=seed, set=set, kubernetes=kubernetes, progress=lambda part: bar.update(part - bar.n))
            bar.update(1.0 - bar.n)
            return made
    return play(source, seed=seed, set=set, kubernetes=kubernetes, progress=progress or None)
