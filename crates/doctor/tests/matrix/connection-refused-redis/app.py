import os
import sys

import redis

try:
    redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
except redis.exceptions.ConnectionError as error:
    sys.exit(f"redis: {error}")
