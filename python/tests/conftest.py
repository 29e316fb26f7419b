"""What the tests have in common. KUBELAPSE names the program whose bytes are compared; without it those tests are skipped."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CRASHING = """
until = "5m"
[[pod]]
name = "web"
spec.containers = [{ name = "app", image = "x" }]
[pod.behavior.containers.app]
attempts = [{ runs = "2s", exit = 1 }]
"""

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: app
        image: registry.example/shop/web:1.0
        livenessProbe: { httpGet: { path: /live, port: 8080 }, periodSeconds: 10, failureThreshold: 3 }
"""


@pytest.fixture
def program():
    """Runs the program, and gives what it prints."""
    path = os.environ.get("KUBELAPSE")
    if not path:
        pytest.skip("KUBELAPSE names no program")

    def call(*words, codes=(0, 1), **more):
        done = subprocess.run([path, *map(str, words)], check=False, capture_output=True, text=True, **more)
        assert done.returncode in codes, done.stderr
        return done.stdout

    return call


@pytest.fixture
def crashing(tmp_path):
    place = tmp_path / "crashing.toml"
    place.write_text(CRASHING)
    return place


@pytest.fixture
def deployment(tmp_path):
    place = tmp_path / "web.yaml"
    place.write_text(DEPLOYMENT)
    return place
