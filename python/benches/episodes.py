"""How many episodes a second there are, and whether memory grows with them.

    python benches/episodes.py                    speed, on threads and in processes
    python benches/episodes.py --memory           resident memory at 10^4 and at 10^5 episodes

An episode is a small lesson with structured observations: reset with a seed of its own, then the menu's choices until it is
over. Bars: 1,000 episodes a second on two cores; less than 1 % of memory more at 10^5 episodes than at 10^4. It ends by itself.
"""

from __future__ import annotations

import argparse
import multiprocessing
import threading
import time

from kubelapse import gym

LESSON = "bad-entrypoint"


def episode(env: gym.Env, waits: int = 4) -> float:
    """Waits a few times, then gives up; tables are made for each step."""
    env.reset()
    wait, over, total = (gym.VERBS.index("wait"), 0), False, 0.0
    for _ in range(waits):
        _, reward, over, _, _ = env.step(wait)
        total += reward
        if over:
            return total
    return total + env.step("surrender")[1]


def many(seed: int, seconds: float, counts, at: int) -> None:
    """Plays for so long; how many there were and for how long."""
    env = gym.Env(LESSON, observation="structured", seed=seed)
    episode(env)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(20):
            episode(env)
        count += 20
    counts[at] = count / (time.perf_counter() - start)


def speed(seconds: float, workers: int) -> None:
    """In one thread, by the clock and by the processor's time, which no neighbour takes; on threads of one process; in processes."""
    alone, began = [0.0], (time.process_time(), time.perf_counter())
    many(0, seconds, alone, 0)
    busy = (time.process_time() - began[0]) / (time.perf_counter() - began[1])
    free = alone[0] / busy
    print(f"one thread: {alone[0]:.0f} episodes/s, {free:.0f} in a second of the processor ({workers} of them: {workers * free:.0f})")
    counts = [0.0] * workers
    threads = [threading.Thread(target=many, args=(seed, seconds, counts, seed)) for seed in range(workers)]
    for own in threads:
        own.start()
    for own in threads:
        own.join()
    print(f"{workers} threads: {sum(counts):.0f} episodes/s")
    context = multiprocessing.get_context("spawn")
    shared = context.Array("d", workers)
    processes = [context.Process(target=many, args=(seed, seconds, shared, seed)) for seed in range(workers)]
    for own in processes:
        own.start()
    for own in processes:
        own.join()
    print(f"{workers} processes: {sum(shared):.0f} episodes/s")


def resident() -> int:
    """Bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def memory(task: str, first: int, last: int) -> float:
    """How much more there is at the last episode than at the first, as a share."""
    env = gym.Env(task, observation="structured", seed=0)
    start, at_first = time.perf_counter(), 0
    for count in range(1, last + 1):
        episode(env, waits=1)
        if count == first:
            at_first = resident()
            print(f"{count} episodes: {at_first / 1e6:.2f} MB", flush=True)
    grown = (resident() - at_first) / at_first
    print(f"{last} episodes: {resident() / 1e6:.2f} MB, {grown:+.2%}, {time.perf_counter() - start:.0f} s")
    return grown


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--memory", action="store_true")
    arguments.add_argument("--task", default=LESSON)
    arguments.add_argument("--episodes", type=int, default=100_000)
    arguments.add_argument("--seconds", type=float, default=8.0)
    arguments.add_argument("--workers", type=int, default=2)
    own = arguments.parse_args()
    if own.memory:
        raise SystemExit(memory(own.task, own.episodes // 10, own.episodes) >= 0.01)
    speed(own.seconds, own.workers)
