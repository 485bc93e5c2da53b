"""The mock of a bank."""
import itertools

from flask import Flask, jsonify

app = Flask(__name__)
numbers = itertools.count(1)


@app.post("/charges")
def charge():
    return jsonify(charge=f"ch_{next(numbers)}"), 201
