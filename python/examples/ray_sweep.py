"""A sweep on a Ray cluster: each cell of the grid is a task, and the parts, put together, are the sweep of one machine.

    pip install kubelapse ray && python ray_sweep.py
"""

import kubelapse
import ray

SCENARIO = """
name = "orders"
until = "30m"
[[pod]]
name = "orders"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/orders:2.3"
[pod.behavior.containers.app]
attempts = [{ runs = { exponential = "40s" }, exit = 1 }]
"""


@ray.remote
def cell(kubernetes: str, seeds: range) -> list[dict]:
    """Restarts under one version, seed by seed."""
    rows = []
    for seed in seeds:
        run = kubelapse.run(SCENARIO, seed=seed, kubernetes=kubernetes)
        rows.append({"kubernetes": kubernetes, "seed": seed, "restarts": run.pods["restarts"][0], "digest": run.digest})
    return rows


def sweep(seeds: int = 20, part: int = 10) -> list[dict]:
    """All cells, in parts of so many seeds; rows come in the order of the grid, whoever was first."""
    parts = [range(start, min(start + part, seeds)) for start in range(0, seeds, part)]
    tasks = [cell.remote(version, seeds) for version in ("1.32", "1.36") for seeds in parts]
    return [row for rows in ray.get(tasks) for row in rows]


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False)
    rows = sweep()
    for version in ("1.32", "1.36"):
        own = [row["restarts"] for row in rows if row["kubernetes"] == version]
        print(f"{version}: {sum(own) / len(own):.1f} restarts in half an hour")
    ray.shutdown()
