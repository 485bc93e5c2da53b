import argparse
import signal
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=8000)
port = parser.parse_args().port

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"listening on {port}", flush=True)
ThreadingHTTPServer(("0.0.0.0", port), SimpleHTTPRequestHandler).serve_forever()
