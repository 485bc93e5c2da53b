"""Takes payments, and asks the bank at PAY_URL for each."""
import os

import requests
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/health")
def health():
    return jsonify(status="healthy")


@app.post("/payments")
def pay():
    amount = (request.get_json(silent=True) or {}).get("amount")
    if not isinstance(amount, int):
        return jsonify(error="a payment has an amount"), 422
    try:
        answer = requests.post(os.environ["PAY_URL"] + "/charges", json={"amount": amount}, timeout=3)
    except requests.RequestException:
        return jsonify(error="the bank is away"), 503
    return jsonify(amount=amount, charge=answer.json()["charge"]), 201
