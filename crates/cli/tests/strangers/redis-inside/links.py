"""Short links: POST /links gives one, GET /KEY leads there."""
import secrets
import signal
import sys

import waitress
from bottle import Bottle, abort, redirect, request
from redis import Redis

app = Bottle()
store = Redis()


@app.post("/links")
def create():
    key = secrets.token_urlsafe(5)
    store.set(key, request.json["url"])
    return {"key": key}


@app.get("/<key>")
def follow(key):
    url = store.get(key) or abort(404, "no such link")
    redirect(url.decode(), 302)


def loaded():
    """Waits until Redis has read its file."""
    import time
    for _ in range(100):
        try:
            return store.ping()
        except Exception:
            time.sleep(0.1)
    sys.exit("Redis does not answer")


if __name__ == "__main__":
    loaded()
    server = waitress.create_server(app, host="0.0.0.0", port=8000, threads=4)
    signal.signal(signal.SIGTERM, lambda *_: server.close() or sys.exit(0))
    print("listening")
    server.run()
