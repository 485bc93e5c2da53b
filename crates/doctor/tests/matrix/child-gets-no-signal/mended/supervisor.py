import signal
import subprocess
import sys

children = [subprocess.Popen([sys.executable, "worker.py", name]) for name in ("tides", "berths")]


def stop(*_):
    print("stopping: waiting for the workers", flush=True)
    for child in children:
        child.terminate()


signal.signal(signal.SIGTERM, stop)
print("supervisor started two workers", flush=True)
for child in children:
    child.wait()
print("all workers have ended", flush=True)
