import sys

try:
    open("/etc/shop/local.yml")
except OSError as error:
    print(f"note: no local settings: {error}", file=sys.stderr)
sys.exit("licence expired on the 3rd")
