import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer



class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/health" and self.headers.get("X-Forwarded-Proto") != "https":
            self.send_response(301)
            self.send_header("Location", "https://" + self.headers["Host"] + self.path)
        else:
            self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}\n")

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("listening on 8000", flush=True)
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
