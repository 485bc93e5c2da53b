"""A case of the matrix, read from its `case.toml`. README.md describes the keys."""

import copy
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

SUBJECTS = ["container", "docker", "embedded"]
STATES = ["exited", "not-started", "running", "healthy", "unhealthy", "restarting", "stopped", "paused", "created"]
KEYS = {
    "": {"about", "cause", "says", "never", "on", "trap", "shared", "start", "database", "state", "doctor", "mended"},
    "start": {"env", "command", "user", "memory", "read-only", "volumes", "tmpfs", "sysctls", "publish", "restart", "stop-timeout", "labels", "network"},
    "database": {"alias", "tls", "users", "certificate", "connections", "occupied", "pooler", "asleep"},
    "state": {"is", "log", "exit", "get", "unanswered", "port"},
    "doctor": {"subject", "name", "args"},
    "mended": {"shared", "start", "database", "state", "doctor"},
}


@dataclass
class Case:
    """What is started, and what the doctor must say of it."""

    name: str
    folder: Path
    about: str
    cause: str
    state: dict
    says: list = field(default_factory=list)
    never: list = field(default_factory=list)
    on: list = field(default_factory=lambda: SUBJECTS)
    trap: bool = False
    shared: dict = field(default_factory=dict)
    start: dict = field(default_factory=dict)
    database: dict | None = None
    doctor: dict = field(default_factory=dict)
    mended: dict | None = None


def read(folder):
    """The case in this folder.

    Raises ValueError for a key or a word that README.md does not have.
    """
    table = tomllib.loads((folder / "case.toml").read_text())
    for section, known in KEYS.items():
        unknown = set(table if section == "" else table.get(section, {})) - known
        if unknown:
            raise ValueError(f"{folder.name}: unknown key {', '.join(sorted(unknown))} in [{section}]")
    case = Case(name=folder.name, folder=folder, **table)
    if case.state["is"] not in STATES or not set(case.on) <= set(SUBJECTS):
        raise ValueError(f"{folder.name}: unknown state or subject")
    return case


def mended(case):
    """The same case with its fault mended; nothing where it has no fault."""
    if case.mended is None:
        return None
    whole = copy.deepcopy(case)
    merge(whole.start, case.mended.get("start", {}))
    merge(whole.doctor, case.mended.get("doctor", {}))
    if "database" in case.mended:
        whole.database = {**(case.database or {}), **case.mended["database"]}
    whole.state = case.mended["state"]
    whole.cause, whole.says = "none", []
    return whole


def merge(into, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
