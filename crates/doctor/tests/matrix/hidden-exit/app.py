import os

TOKEN = os.environ["API_TOKEN"]
import service  # noqa: E402, F401
