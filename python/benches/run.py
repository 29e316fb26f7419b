"""`run` beside the library's own run, in one process: 1.1 × is the bar.

    maturin build --release --features measure -m python/Cargo.toml, and pip install the wheel
    python python/benches/run.py [SCENARIO…]

Each is played in turn, several times, and the least of the times counts; reading the scenario is left out of both.
"""

import sys
import time

import kubelapse
from kubelapse._kubelapse import library

TURNS = 7


def reading(name: str) -> float:
    """How long it takes to read a scenario: a run of it that ends at once."""
    began = time.perf_counter()
    kubelapse.run(name, until="1us")
    return time.perf_counter() - began


def main(names: list[str]) -> None:
    print(f"{'scenario':<20} {'alone':>9} {'kept':>9} {'run':>9}   run / kept   run / alone")
    for name in names:
        alone, kept, run, read = [], [], [], []
        for _ in range(TURNS):
            read.append(reading(name))
            alone.append(library(name, False))
            kept.append(library(name, True))
            began = time.perf_counter()
            kubelapse.run(name)
            run.append(time.perf_counter() - began)
        own = min(run) - min(read)
        print(
            f"{name:<20} {min(alone):9.4f} {min(kept):9.4f} {own:9.4f}   {own / min(kept):10.3f}   {own / min(alone):11.3f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:] or ["crash-loop", "fleet-1k", "crash-loop-10k", "fleet-100k"])
