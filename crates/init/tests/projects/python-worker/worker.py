"""Counts, until it is told to stop."""

import signal
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())

if __name__ == "__main__":
    count = 0
    while not stop.wait(0.5):
        count += 1
        print("counted", count, flush=True)
