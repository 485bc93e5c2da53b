import sys

try:
    import uvloop  # noqa: F401
except ImportError as error:
    print(f"WARN ModuleNotFoundError: {error}; going on with asyncio", file=sys.stderr)
sys.exit("licence expired on the 3rd")
