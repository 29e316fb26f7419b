#!/usr/bin/env python3
"""Plays a sweep in parts on a Ray cluster and puts them together.

    ray start --head; python sweep_ray.py --parts 64 --out sweep -- web.toml --vary latency.sandbox=1s..5s --seeds 1000

What stands behind -- is what `kubelapse sweep` takes. Parts lie below --work, a folder that all machines share; one that is
complete already is not played again. The result has the same bytes as a sweep on one machine.
"""

import argparse
import pathlib
import subprocess

import ray


@ray.remote(max_retries=3)
def part(program, words, index, parts, folder):
    """One part; a machine that is lost costs its parts alone."""
    if not (pathlib.Path(folder) / "part.json").exists():
        subprocess.run(
            [program, "sweep", *words, "--shard", f"{index}/{parts}", "--out", folder, "--threads", "1", "--quiet"], check=True
        )
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=64)
    parser.add_argument("--work", default="parts", help="a folder that all machines share")
    parser.add_argument("--out", default="sweep")
    parser.add_argument("--kubelapse", default="kubelapse", help="the program, on every machine")
    parser.add_argument("words", nargs="+", help="what `kubelapse sweep` takes")
    parser.add_argument("--local", action="store_true", help="all parts on this machine, on loopback")
    told = parser.parse_args()
    work = pathlib.Path(told.work).resolve()
    # A cluster is found by RAY_ADDRESS; alone, nobody else is listened to.
    ray.init(**({"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False} if told.local else {}))
    waiting = [
        part.remote(told.kubelapse, told.words, index, told.parts, str(work / f"part-{index}")) for index in range(told.parts)
    ]
    folders = ray.get(waiting)
    subprocess.run([told.kubelapse, "sweep", "--merge", *folders, "--out", told.out], check=True)


if __name__ == "__main__":
    main()
