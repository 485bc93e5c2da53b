"""The throwaway PostgreSQL of a case, in a network of the case."""

import re
import time
from contextlib import contextmanager

from . import docker, images

PASSWORD = "tide-4711-harbour"


@contextmanager
def throwaway(case, name):
    """A network for the case, with the database that it needs; nothing where it needs none."""
    if case.database is None:
        yield None
        return
    docker.call("network", "create", name)
    container = f"{name}-database"
    try:
        start(container, name, case.database)
        yield container
    finally:
        docker.call("rm", "--force", "--volumes", container, check=False)
        docker.call("network", "rm", name, check=False)


def start(container, network, wanted):
    variables = []
    for key in ("tls", "users", "certificate", "connections", "occupied", "pooler", "asleep"):
        if key in wanted:
            value = wanted[key]
            variables += ["--env", f"{key.upper()}={'yes' if value is True else value}"]
    image = images.base_image("postgres")
    docker.call("run", "--detach", "--name", container, "--network", network, "--network-alias", wanted.get("alias", "db"), *variables, image)
    for _ in range(300):
        if "the database is there" in docker.logs(container):
            return
        time.sleep(0.1)
    raise docker.Failed(f"the throwaway database did not start: {docker.logs(container)[-1000:]}")


def clients(container):
    """The addresses from which the database was reached, but its own."""
    return set(re.findall(r"connection received: host=([0-9a-f.:]+)", docker.logs(container))) - {"127.0.0.1", "::1"}
