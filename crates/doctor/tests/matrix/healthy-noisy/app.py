import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import socket
import traceback


# The collector of metrics is optional.
try:
    socket.create_connection(("127.0.0.1", 8125), timeout=1)
except OSError:
    print("ERROR metrics: connection refused, going on without", file=sys.stderr, flush=True)
try:
    raise PermissionError(13, "Permission denied", "/var/cache/harbour")
except PermissionError:
    traceback.print_exc()
    print("WARNING no cache on disk: out of memory is unlikely", file=sys.stderr, flush=True)


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
