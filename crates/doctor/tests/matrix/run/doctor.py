"""Calling `seaworthy doctor`, and comparing what it says with what the case expects."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from . import database, docker, images

LIMIT_SECONDS = 15
EXITS = {"none": 0, "unknown": 3}


def program():
    """The binary: `SEAWORTHY`, else the debug build of this workspace."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", images.ROOT / "target"))
    return os.environ.get("SEAWORTHY", str(target / "debug/seaworthy"))


def examine(case, subject, image, container, given):
    """What is wrong with the doctor's answer: a line each, none where all is right; and the first cause and the seconds."""
    before, since = container and unchanging(container), f"{time.time():.3f}"
    reached = given and database.clients(given)
    with tempfile.TemporaryDirectory() as folder:
        command = [program(), "doctor", *arguments(case, subject, image, container, Path(folder))]
        answer, seconds = run(command + ["--json"])
        # Both engines have one printer.
        text = run(command)[0] if subject == case.on[0] and (case.never or case.database is not None or case.cause == "none") else None
    first, wrong = judge(case, answer)
    if text and case.cause == first == "none" and "no fault found" not in text.stdout:
        wrong.append(f"does not print `no fault found`: {text.stdout}")
    if seconds > LIMIT_SECONDS:
        wrong.append(f"took {seconds:.1f} s")
    for planted in [*case.never, database.PASSWORD]:
        if any(planted in stream for done in (answer, text) if done for stream in (done.stdout, done.stderr)):
            wrong.append(f"printed the planted {planted}")
    if before and case.state["is"] != "restarting":
        wrong += ["changed the container that it was given"] if unchanging(container) != before else []
        wrong += [f"did this to the container: {action}" for action in touched(container, since)]
    if given and "--with-real-services" not in case.doctor.get("args", []) and database.clients(given) - reached:
        wrong.append("reached the database of the original")
    return wrong, first, seconds


def arguments(case, subject, image, container, folder):
    extra = case.doctor.get("args", [])
    if subject == "container":
        return [*extra, case.doctor.get("name", container)]
    variables = folder / "variables"
    variables.write_text("".join(f"{key}={value}\n" for key, value in case.start.get("env", {}).items()))
    source = f"docker-daemon:{image}"
    if case.doctor.get("subject") == "layout":
        source = f"oci:{folder / 'layout'}"
        subprocess.run(["skopeo", "copy", "--quiet", f"docker-daemon:{image}", source], check=True)
    return [*extra, *settings(case.start), "--engine", subject, "--env-file", str(variables), source]


def settings(start):
    """Of `[start]`, what the doctor can do for a copy of an image."""
    # A copy gets no folder in memory.
    options = ["--read-only"] if start.get("read-only") and "tmpfs" not in start else []
    for key, option in (("memory", "--memory"), ("user", "--user")):
        if key in start:
            options += [option, start[key].replace("m", "MB")]
    for value in start.get("publish", []):
        options += ["--port", value.split(":")[-1]]
    return options


def run(command):
    begin = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=90)
    except subprocess.TimeoutExpired as late:
        done = subprocess.CompletedProcess(command, -1, (late.stdout or b"").decode(errors="replace"), "did not end within 90 s")
    return done, time.monotonic() - begin


def judge(case, done):
    """The first cause, and what is wrong with it."""
    try:
        answer = json.loads(done.stdout)
        causes, verdict = answer["causes"], answer["verdict"]
    except (ValueError, KeyError):
        return "-", [f"exit {done.returncode}, no JSON with causes: {(done.stdout + done.stderr).strip()[-300:]}"]
    nothing = {"id": "unknown" if verdict == "cause-unknown" else "none", "says": answer.get("wrong") or ""}
    first = causes[0] if causes else nothing
    wrong = []
    if first["id"] != case.cause:
        wrong.append(f"says {first['id']}, not {case.cause}: {first['says']}" + "".join(f"; also {cause['id']}" for cause in causes[1:]))
    else:
        wrong += [f"does not say {word}: {first['says']}" for word in case.says if word.lower() not in first["says"].lower()]
    if done.returncode != EXITS.get(first["id"], 1):
        wrong.append(f"exit {done.returncode}")
    return first["id"], wrong


def unchanging(container):
    """What an examination must leave as it is. The files of a container that runs are its own affair."""
    seen = docker.inspect(container)
    state = {key: seen["State"][key] for key in ("Status", "Pid", "StartedAt", "FinishedAt")}
    files = None if seen["State"]["Running"] else sorted(docker.call("diff", container).splitlines())
    return state, seen["RestartCount"], seen["Config"], seen["HostConfig"], files


def touched(container, since):
    """What was done to the container since then, but by its health check, by itself, and by reading."""
    until = f"{time.time():.3f}"
    lines = docker.call("events", "--since", since, "--until", until, "--filter", f"container={container}", "--format", "{{.Action}}").splitlines()
    checked = bool((docker.inspect(container)["Config"].get("Healthcheck") or {}).get("Test"))
    by_itself = ("health_status", "top", "die", "oom") + (("exec_",) if checked else ())
    return sorted({line.split(":")[0] for line in lines if not line.startswith(by_itself)})
