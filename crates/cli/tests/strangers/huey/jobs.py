"""Greets in the background: `work` takes jobs, `greet NAME` queues one, `greeted` tells how many are done."""
import sqlite3
import sys

from huey import SqliteHuey

huey = SqliteHuey(filename="/data/queue.db")
DONE = "/data/done.db"


def done():
    connection = sqlite3.connect(DONE, timeout=5)
    connection.execute("CREATE TABLE IF NOT EXISTS greetings (name TEXT)")
    return connection


@huey.task()
def greet(name):
    with done() as connection:
        connection.execute("INSERT INTO greetings (name) VALUES (?)", (name,))
    print(f"greeted {name}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["work"]:
            huey.create_consumer(workers=2, periodic=False).run()
        case ["greet", name]:
            greet(name)
        case ["greeted"]:
            print("\n".join(name for (name,) in done().execute("SELECT name FROM greetings")))
        case _:
            sys.exit("usage: work | greet NAME | greeted")
