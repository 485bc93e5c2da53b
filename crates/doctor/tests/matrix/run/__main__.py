"""The command `scripts/doctor-matrix`."""

import argparse
import os
import signal
import subprocess
import sys
import time

from . import case as cases
from . import container, database, docker, doctor, images

ENGINES = {"container": "docker", "docker": "docker", "embedded": "embedded"}


def main():
    # What was started is removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = parse()
    chosen = choose(arguments.names)
    begin, words = time.monotonic(), []
    for case in chosen:
        for subject, seconds, found, faults in work(case, arguments):
            words.append(word(faults))
            print(f"{words[-1]:5}  {case.name:32}  {subject:9}  {found:26}  {seconds:5.1f} s", flush=True)
            for fault in faults:
                print(f"       {fault}", flush=True)
    counts = f"{words.count('ok')} right, {words.count('WRONG')} wrong, {words.count('LATE')} right but late"
    print(f"{len(chosen)} cases, {len(words)} rows: {counts}; {time.monotonic() - begin:.0f} s")
    return 0 if words.count("ok") == len(words) else 1


def word(faults):
    """One word for a row: `LATE` where nothing but the time is wrong."""
    if not faults:
        return "ok"
    return "LATE" if faults[0].startswith("took ") and len(faults) == 1 else "WRONG"


def parse():
    parser = argparse.ArgumentParser(prog="scripts/doctor-matrix", description="Calls the doctor on broken and healthy containers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these cases only")
    parser.add_argument("--engine", choices=["docker", "embedded"], help="on this engine only")
    parser.add_argument("--subject", choices=cases.SUBJECTS, help="such subjects only")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--mended", action="store_true", help="the variants without the fault: the doctor must find none")
    what.add_argument("--controls", action="store_true", help="no doctor: each case fails as it claims, and works once mended")
    what.add_argument("--build", action="store_true", help="build the images only")
    return parser.parse_args()


def choose(names):
    folders = sorted(path.parent for path in images.MATRIX.glob("*/case.toml"))
    unknown = set(names) - {folder.name for folder in folders}
    if unknown:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}")
    return [cases.read(folder) for folder in folders if not names or folder.name in names]


def work(case, arguments):
    """The rows of a case: subject, seconds, what was found, what is wrong with it."""
    if arguments.build:
        return [built(case)]
    if arguments.controls:
        return controls(case)
    variant = cases.mended(case) if arguments.mended else case
    if variant is None:
        return []
    subjects = [subject for subject in variant.on if arguments.engine in (None, ENGINES[subject]) and arguments.subject in (None, subject)]
    return (guarded(subject, lambda subject=subject: examined(variant, subject, arguments.mended)) for subject in subjects)


def guarded(subject, row):
    begin = time.monotonic()
    try:
        return row()
    except (docker.Failed, OSError, subprocess.SubprocessError) as error:
        return subject, time.monotonic() - begin, "-", [str(error)]


def built(case):
    def row():
        begin = time.monotonic()
        images.case_image(case)
        images.case_image(case, mended=True)
        return "image", time.monotonic() - begin, "built", []

    return guarded("image", row)


def controls(case):
    """That the case is in the state it claims, and that its mended variant works."""
    variant = cases.mended(case)
    yield guarded("as it is", lambda: control("as it is", case))
    if variant:
        yield guarded("mended", lambda: control("mended", variant))
    elif case.cause != "none":
        yield "mended", 0.0, "-", ["has no mended variant"]


def control(which, case):
    begin, name = time.monotonic(), run_name()
    image = images.case_image(case, mended=which == "mended")
    with database.throwaway(case, name) as given, container.started(case, image, name, given and name):
        return which, time.monotonic() - begin, case.state["is"], []


def examined(case, subject, mended):
    image, name = images.case_image(case, mended), run_name()
    if subject != "container":
        faults, first, seconds = doctor.examine(case, subject, image, None, None)
    else:
        with database.throwaway(case, name) as given, container.started(case, image, name, given and name) as own:
            faults, first, seconds = doctor.examine(case, subject, image, own, given)
    return subject, seconds, first, faults


def run_name():
    return f"seaworthy-matrix-{os.getpid()}-{time.monotonic_ns() % 1000000}"


if __name__ == "__main__":
    sys.exit(main())
