import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BEGIN = time.monotonic()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if time.monotonic() - BEGIN > 4 else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
