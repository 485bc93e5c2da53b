import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg


# Two workers, each with a connection that prepares what it asks often.
workers = [psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) for _ in range(2)]
for connection in workers:
    for _ in range(3):
        connection.execute("SELECT count(*) FROM pg_class WHERE relname = %s", ["berth"])


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
