"""What a good request takes from the service, and no schema can say: cursors and tags are those it gave, a key names one request,
lines are JSON.

Only requests that are meant to be good are touched. Those that are meant to be wrong are sent as they were made up.
"""

import itertools
import json
import os

import requests
import schemathesis

session = requests.Session()
given = {"", "now"}
numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    service = Service(context)
    query, headers = case.query or {}, case.headers or {}
    name = operation(context)
    if name == "listTasks" and "cursor" in query:
        case.query = service.next_page({key: value for key, value in query.items() if key != "cursor"})
    if name == "listChanges":
        for values, parameter in ((query, "cursor"), (headers, "Last-Event-ID")):
            if values.get(parameter, "") not in given:
                values[parameter] = service.get("/tasks/changes", limit=1).json()["cursor"]
    if "If-Match" in headers:
        headers["If-Match"] = service.tag(case.path_parameters["task_id"]) or headers["If-Match"]
    if name == "importTasks":
        # To a schema, lines are any text.
        case.body = "\n".join(json.dumps({"title": f"line {next(numbers)}"}) for _ in range(3))
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f"probe-{next(numbers)}"


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return (value if isinstance(value, str) else json.dumps(value)).encode()


@schemathesis.hook
def after_call(context, case, response):
    if operation(context) == "listChanges" and response.status_code == 200:
        page = response.json()
        given.update([page["cursor"], *(change["cursor"] for change in page["changes"])])


def operation(context):
    return context.operation.definition.raw["operationId"]


class Service:
    """The service that is asked, with the key that it is asked with."""

    def __init__(self, context):
        self.base = context.operation.schema.get_base_url().rstrip("/")
        key = os.environ.get("PROBE_KEY")
        self.headers = {"authorization": f"Bearer {key}"} if key else {}

    def get(self, path, **query):
        return session.get(self.base + path, params=query, headers=self.headers, timeout=10)

    def next_page(self, query):
        """The query with the cursor that leads on from its first task; without one, where none follows."""
        links = requests.utils.parse_header_links(self.get("/tasks", **{**query, "limit": 1}).headers.get("link", ""))
        return {**query, "cursor": links[0]["url"].rsplit("cursor=", 1)[1]} if links else query

    def tag(self, task):
        return self.get(f"/tasks/{task}").headers.get("etag")
