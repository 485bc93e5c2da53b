import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


for folder in ["/data/charts", "/data/log"]:
    os.makedirs(folder, exist_ok=True)


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
