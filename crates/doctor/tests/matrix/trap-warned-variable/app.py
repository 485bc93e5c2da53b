import datetime
import os
import sys

if "FEATURE_FLAGS" not in os.environ:
    print(datetime.datetime.now(), "WARN FEATURE_FLAGS is not set, using defaults", file=sys.stderr)
sys.exit("licence expired on the 3rd")
