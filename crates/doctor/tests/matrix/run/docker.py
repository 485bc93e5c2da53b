"""Calls of the `docker` command."""

import json
import os
import subprocess

ENVIRONMENT = {**os.environ, "DOCKER_BUILDKIT": "0"}


class Failed(Exception):
    """What a command said when it failed."""


def call(*arguments, check=True, timeout=600):
    """Standard output of `docker ARGUMENTS`."""
    done = subprocess.run(["docker", *arguments], env=ENVIRONMENT, capture_output=True, text=True, errors="replace", timeout=timeout)
    if check and done.returncode != 0:
        raise Failed(f"docker {' '.join(arguments[:2])}: {(done.stdout + done.stderr).strip()[-2000:]}")
    return done.stdout


def inspect(container):
    """What Docker knows of a container."""
    return json.loads(call("inspect", "--type", "container", container))[0]


def logs(container):
    """Both streams of a container's log."""
    done = subprocess.run(["docker", "logs", container], env=ENVIRONMENT, capture_output=True, text=True, errors="replace", timeout=60)
    return done.stdout + done.stderr
