import os

from flask import Flask


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]

    @app.route("/ping")
    def ping():
        return "pong"

    @app.route("/<code>", methods=["GET", "POST"])
    def follow(code):
        return code

    return app
