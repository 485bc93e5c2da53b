"""The generated clients work on tasks: one is created, listed, changed and deleted with each of them."""

import importlib
import pkgutil
import sys

import models
import openapi_client
import python_client
from python_client import AuthenticatedClient, Client
from python_client.api.tasks import change_task, create_task, delete_task, list_tasks
from python_client.models import NewTask, TaskChange

base, key = sys.argv[1:]


def everything(package):
    """Every module of a package can be imported."""
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)


def by_openapi_python_client():
    client = AuthenticatedClient(base, token=key) if key else Client(base)
    made = create_task.sync_detailed(client=client, body=NewTask(title="Ship it"))
    assert made.status_code == 201 and made.parsed.status == "pending", made
    listed = list_tasks.sync(client=client, status="pending,begun", status_not="completed")
    assert [task.id for task in listed] == [made.parsed.id], listed
    tag = made.headers["etag"]
    changed = change_task.sync_detailed(made.parsed.id, client=client, body=TaskChange(status="completed"), if_match=tag)
    assert changed.parsed.status == "completed", changed
    assert models.Task.model_validate_json(changed.content).status == "completed"
    gone = delete_task.sync_detailed(made.parsed.id, client=client, if_match=changed.headers["etag"])
    assert gone.status_code == 204, gone


def by_openapi_generator():
    configuration = openapi_client.Configuration(host=base, access_token=key or None)
    with openapi_client.ApiClient(configuration) as client:
        tasks = openapi_client.TasksApi(client)
        made = tasks.create_task_with_http_info(openapi_client.NewTask(title="Ship it"))
        assert made.status_code == 201 and made.data.status == "pending", made
        assert [task.id for task in tasks.list_tasks(status="pending", limit=10)] == [made.data.id]
        change, tag = openapi_client.TaskChange(status="completed"), made.headers["etag"]
        changed = tasks.change_task_with_http_info(task_id=made.data.id, task_change=change, if_match=tag)
        assert changed.data.status == "completed", changed
        tasks.delete_task(task_id=made.data.id, if_match=changed.headers["etag"])


everything(python_client)
everything(openapi_client)
by_openapi_python_client()
by_openapi_generator()
