"""Takes jobs from a list in Redis and writes them to a file: `work [--once]`, `queue TEXT` adds one; `QUEUE` names the list."""
import os
import sys

from huey import RedisHuey

huey = RedisHuey(os.environ.get("QUEUE", "jobs"), url=os.environ["REDIS_URL"], results=False)


@huey.task()
def write(text):
    with open("/data/done.txt", "a") as done:
        done.write(text + "\n")
    print(f"done {text}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["work"]:
            huey.create_consumer(workers=1, periodic=False).run()
        case ["work", "--once"]:
            job = huey.dequeue()
            if job is None:
                print("nothing to do")
            else:
                huey.execute(job)
        case ["queue", text]:
            write(text)
        case _:
            sys.exit("usage: work [--once] | queue TEXT")
