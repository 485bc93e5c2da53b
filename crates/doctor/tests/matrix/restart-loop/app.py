import os
import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
berths = int(os.environ.get("BERTHS", "0"))
ships = 0
while True:
    time.sleep(1)
    ships += 1
    print(f"{ships / berths:.0%} full", flush=True)
