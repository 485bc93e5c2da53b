"""Signs with the key in `/run/secrets/db`, and never tells it."""
import hashlib
import hmac
import sys

from flask import Flask, jsonify, request

app = Flask(__name__)
try:
    with open("/run/secrets/db", "rb") as file:
        key = file.read().strip()
except OSError as error:
    sys.exit(f"no key: {error}")


@app.get("/health")
def health():
    return jsonify(status="healthy")


@app.post("/signatures")
def sign():
    text = request.get_data()
    return jsonify(signature=hmac.new(key, text, hashlib.sha256).hexdigest()), 201
