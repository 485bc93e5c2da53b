"""Notes, kept in SQLite."""
import os
import sqlite3

from flask import Flask, abort, g, jsonify, request

app = Flask(__name__)
PATH = os.environ.get("NOTES", "/data/notes.db")


def database():
    if "database" not in g:
        g.database = sqlite3.connect(PATH, timeout=5)
        g.database.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    return g.database


@app.teardown_appcontext
def close(_):
    if "database" in g:
        g.database.close()


@app.get("/health")
def health():
    database().execute("SELECT 1")
    return {"status": "ok"}


@app.get("/notes")
def notes():
    return jsonify([{"id": id, "text": text} for id, text in database().execute("SELECT id, text FROM notes")])


@app.post("/notes")
def create():
    text = (request.get_json() or {}).get("text")
    if not isinstance(text, str):
        abort(422)
    with database() as connection:
        id = connection.execute("INSERT INTO notes (text) VALUES (?)", (text,)).lastrowid
    return {"id": id, "text": text}, 201


@app.get("/notes/<int:id>")
def note(id):
    row = database().execute("SELECT text FROM notes WHERE id = ?", (id,)).fetchone() or abort(404)
    return {"id": id, "text": row[0]}


@app.delete("/notes/<int:id>")
def delete(id):
    with database() as connection:
        connection.execute("DELETE FROM notes WHERE id = ?", (id,))
    return "", 204
