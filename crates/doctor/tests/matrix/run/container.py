"""Starting a case's container, and waiting until it is in its state."""

import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from . import docker

WAIT_SECONDS = 60


@contextmanager
def started(case, image, name, network):
    """The case's container in its state: its name."""
    own = case.doctor.get("name") and f"{name}-{case.doctor['name']}" or name
    volumes = []
    try:
        options = flags(case, name, volumes)
        if network:
            options += ["--network", network]
        docker.call("create", "--name", own, *options, image, *case.start.get("command", []))
        if case.state["is"] != "created":
            docker.call("start", own, check=False)
        reach(case, own)
        yield own
    finally:
        docker.call("rm", "--force", "--volumes", own, check=False)
        for volume in volumes:
            docker.call("volume", "rm", volume, check=False)


def flags(case, name, volumes):
    """The options of `docker create`; `volumes` gets the names of new ones."""
    start, options = case.start, []
    for key, value in start.get("env", {}).items():
        options += ["--env", f"{key}={value}"]
    for key, value in start.get("labels", {}).items():
        options += ["--label", f"{key}={value}"]
    for key, option in (("user", "--user"), ("memory", "--memory"), ("restart", "--restart"), ("stop-timeout", "--stop-timeout"), ("network", "--network")):
        if key in start:
            options += [option, str(start[key])]
    if "memory" in start:
        options += ["--memory-swap", start["memory"]]
    if start.get("read-only"):
        options.append("--read-only")
    for key, option in (("tmpfs", "--tmpfs"), ("sysctls", "--sysctl")):
        for value in start.get(key, []):
            options += [option, value]
    for value in start.get("publish", []):
        options += ["--publish", f"127.0.0.1:{value}" if ":" in value else f"127.0.0.1::{value}"]
    for value in start.get("volumes", []):
        source, path = value.split(":", 1)
        if source.startswith("./"):
            source = str(case.folder / source)
        else:
            source = f"{name}-{source}"
            volumes.append(source)
        options += ["--volume", f"{source}:{path}"]
    return options


def reach(case, name):
    """Waits until the container is in the case's state.

    Raises Failed, with what was seen, where it does not get there.
    """
    wanted = case.state
    if wanted["is"] == "stopped":
        wait(name, {**wanted, "is": "running", "exit": None})
        docker.call("stop", "--time", str(case.start.get("stop-timeout", 2)), name)
        wanted = {"is": "exited", "exit": 137}
    if wanted["is"] == "paused":
        wait(name, {"is": "running"})
        docker.call("pause", name)
    wait(name, wanted)
    if "get" in wanted and not answers(name, wanted["port"], wanted["get"]):
        raise docker.Failed(f"{wanted['get']} is not answered from outside: {docker.logs(name)[-700:]}")
    if "unanswered" in wanted:
        answer = get(name, wanted["port"], wanted["unanswered"])
        if answer is not None:
            raise docker.Failed(f"{wanted['unanswered']} answers {answer} from outside")


def wait(name, wanted):
    end = time.monotonic() + WAIT_SECONDS
    while True:
        seen = docker.inspect(name)
        state = seen["State"]
        text = docker.logs(name) + state["Error"] + health_log(state)
        there = is_in(wanted["is"], seen) and wanted.get("log", "") in text
        if there and wanted.get("exit") in (None, state["ExitCode"]):
            return
        if there or time.monotonic() > end or (state["Status"] == "exited" and wanted["is"] in ("running", "healthy", "unhealthy")):
            raise docker.Failed(f"{state['Status']} with {state['ExitCode']}, not {wanted}: {text.strip()[-700:]}")
        time.sleep(0.2)


def is_in(state, seen):
    now = seen["State"]
    health = (now.get("Health") or {}).get("Status")
    match state:
        case "not-started":
            return now["Status"] == "created" and bool(now["Error"])
        case "healthy" | "unhealthy":
            return now["Running"] and health == state
        case "restarting":
            return seen["RestartCount"] >= 2
        case _:
            return now["Status"] == state


def health_log(state):
    return "".join(probe["Output"] for probe in (state.get("Health") or {}).get("Log") or [])


def get(name, port, path):
    """The status of a GET from outside, at the published port where there is one; nothing where nobody answers."""
    seen = docker.inspect(name)["NetworkSettings"]
    published = (seen["Ports"] or {}).get(f"{port}/tcp")
    address = ("127.0.0.1", published[0]["HostPort"]) if published else (next(iter(seen["Networks"].values()))["IPAddress"], port)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address[0]}:{address[1]}{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def answers(name, port, path):
    """Whether a GET is answered with 2xx within some seconds."""
    for _ in range(50):
        if (get(name, port, path) or 0) // 100 == 2:
            return True
        time.sleep(0.2)
    return False
