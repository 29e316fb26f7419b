"""Progress: a bar of tqdm's, if that is installed, or a callable that is told how much is over."""

from __future__ import annotations

from contextlib import contextmanager


@contextmanager
def told(progress):
    """What the module is given for `progress=`: None, or a callable that takes a share from 0 to 1."""
    if progress is True:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            yield None
            return
        with tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}") as bar:
            yield lambda part: bar.update(part - bar.n)
            bar.update(1.0 - bar.n)
    elif callable(progress):
        yield progress
    elif progress in (None, False):
        yield None
    else:
        raise TypeError("progress: True, False or a callable that is told a share from 0 to 1")
