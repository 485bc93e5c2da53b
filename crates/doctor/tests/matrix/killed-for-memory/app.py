import itertools
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import threading
import time


KEEP = int(os.environ.get("KEEP", "1000"))


def read_charts():
    charts = []
    for count in itertools.count(1):
        time.sleep(0.25)
        charts = charts[-KEEP:] + [bytearray(4 << 20)]
        print(f"read {count} charts", flush=True)


threading.Thread(target=read_charts, daemon=True).start()


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
