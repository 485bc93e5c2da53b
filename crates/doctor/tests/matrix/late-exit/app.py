import os
import sys
import threading


def end():
    print("licence expired on the 3rd", file=sys.stderr, flush=True)
    os._exit(1)


threading.Timer(3, end).start()
import service  # noqa: E402, F401
