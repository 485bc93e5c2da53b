import signal
import sys
import time

running = True


def stop(*_):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
print(f"worker {sys.argv[1]} runs", flush=True)
while running:
    time.sleep(0.2)
print(f"worker {sys.argv[1]} has ended", flush=True)
