"""Orders: kept in PostgreSQL, told to an audit in MariaDB, cached in Redis."""
import os
from urllib.parse import urlsplit

import psycopg
import pymysql
import redis
from flask import Flask, jsonify, request

app = Flask(__name__)
cache = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2, socket_connect_timeout=2)


def orders():
    connection = psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3)
    connection.execute("CREATE TABLE IF NOT EXISTS orders (id SERIAL PRIMARY KEY, item TEXT NOT NULL)")
    return connection


def audit():
    url = urlsplit(os.environ["AUDIT_URL"])
    connection = pymysql.connect(
        host=url.hostname, port=url.port, user=url.username, password=url.password, database=url.path[1:],
        connect_timeout=3, autocommit=True,
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS audit (number BIGINT, item TEXT)")
    return connection


@app.errorhandler(psycopg.OperationalError)
@app.errorhandler(pymysql.err.OperationalError)
@app.errorhandler(redis.exceptions.RedisError)
def away(_error):
    return jsonify(error="a server is away"), 503


@app.get("/health")
def health():
    return jsonify(status="healthy")


@app.post("/orders")
def create():
    item = (request.get_json(silent=True) or {}).get("item")
    if not isinstance(item, str) or not item:
        return jsonify(error="an order has an item"), 422
    with orders() as connection:
        number = connection.execute("INSERT INTO orders (item) VALUES (%s) RETURNING id", (item,)).fetchone()[0]
        with audit() as book, book.cursor() as cursor:
            cursor.execute("INSERT INTO audit VALUES (%s, %s)", (number, item))
        cache.set(f"order:{number}", item, ex=60)
    print(f"order {number} accepted")
    return jsonify(id=number, item=item), 201


@app.get("/orders/<int:number>")
def read(number):
    with orders() as connection:
        row = connection.execute("SELECT item FROM orders WHERE id = %s", (number,)).fetchone()
    return (jsonify(id=number, item=row[0]), 200) if row else (jsonify(error="no such order"), 404)


@app.get("/orders/<int:number>/cached")
def cached(number):
    item = cache.get(f"order:{number}")
    return (jsonify(id=number, item=item.decode()), 200) if item else (jsonify(error="not cached"), 404)


@app.get("/orders/<int:number>/audit")
def audited(number):
    with audit() as book, book.cursor() as cursor:
        cursor.execute("SELECT item FROM audit WHERE number = %s", (number,))
        row = cursor.fetchone()
    return (jsonify(id=number, item=row[0]), 200) if row else (jsonify(error="not audited"), 404)
