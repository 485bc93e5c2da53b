import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


print("hint: an exit with 137 is often an out of memory kill, try a larger limit", flush=True)
try:
    MODEL = open("/models/tides.bin", "rb").read()
except FileNotFoundError as error:
    print(f"cannot load the model: {error}", file=sys.stderr, flush=True)
    sys.exit(137)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
        self.wfile.write(b"{}\n")

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("listening on 8000", flush=True)
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
