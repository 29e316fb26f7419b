"""`run` beside the library's own run, in one process: 1.1 × is the bar.

    maturin build --release --features measure -m python/Cargo.toml, and pip install the wheel
    python python/benches/run.py [SCENARIO…]

Each is played in turn, several times over, and the least of the times counts: of the processor and not of the clock, so that
neighbours do not matter. Reading the scenario, which all of them do, is left out. It ends by itself.
"""

import sys
import time
from collections.abc import Callable

import kubelapse
from kubelapse._kubelapse import library

TURNS = 7
# What is over sooner than this is played several times in a row.
LEAST = 0.2


def took(work: Callable[[], object], times: int) -> float:
    """Seconds of the processor, of one of so many."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def main(names: list[str]) -> None:
    print(f"{'scenario':<20} {'alone':>9} {'kept':>9} {'run':>9}   run / alone   run / kept")
    for name in names:
        works: list[Callable[[], object]] = [
            lambda: kubelapse.Session(name),
            lambda: library(name, False),
            lambda: library(name, True),
            lambda: kubelapse.run(name),
        ]
        times = max(1, round(LEAST / max(took(works[1], 1), 1e-6)))
        best = [float("inf")] * len(works)
        for _ in range(TURNS):
            best = [min(least, took(work, times)) for least, work in zip(best, works)]
        alone, kept, run = (own - best[0] for own in best[1:])
        print(f"{name:<20} {alone:9.5f} {kept:9.5f} {run:9.5f}   {run / alone:11.3f}   {run / kept:10.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["crash-loop", "fleet-1k", "crash-loop-10k", "fleet-100k"])
