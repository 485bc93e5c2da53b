"""A diary: whoever logs in writes entries and reads their own."""
import os
import sqlite3
from hmac import compare_digest

from flask import Flask, g, redirect, render_template_string, request, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
PASSWORD = os.environ["DIARY_PASSWORD"]
login = LoginManager(app)
login.login_view = "enter"


class User(UserMixin):
    def __init__(self, name):
        self.id = name


login.user_loader(User)


def database():
    if "database" not in g:
        g.database = sqlite3.connect("/data/diary.db", timeout=5)
        g.database.execute("CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, owner TEXT, text TEXT)")
    return g.database


@app.teardown_appcontext
def close(_):
    if "database" in g:
        g.database.close()


@app.route("/login", methods=["GET", "POST"])
def enter():
    if request.method == "POST":
        if not compare_digest(request.form["password"], PASSWORD):
            return "<p>Wrong password", 403
        login_user(User(request.form["name"]))
        return redirect(url_for("diary"))
    return "<form method=post><input name=name><input name=password type=password><button>Log in</button></form>"


@app.post("/logout")
@login_required
def leave():
    logout_user()
    return redirect(url_for("enter"))


@app.route("/diary", methods=["GET", "POST"])
@login_required
def diary():
    if request.method == "POST":
        with database() as connection:
            connection.execute(
                "INSERT INTO entries (owner, text) VALUES (?, ?)", (current_user.id, request.form["text"])
            )
        return redirect(url_for("diary"))
    rows = database().execute("SELECT text FROM entries WHERE owner = ? ORDER BY id", (current_user.id,)).fetchall()
    return render_template_string("<h1>{{ name }}</h1>{% for row in rows %}<li>{{ row[0] }}{% endfor %}",
                                  name=current_user.id, rows=rows)
