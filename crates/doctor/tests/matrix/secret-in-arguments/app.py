import sys

sys.exit(f"the token {sys.argv[2]} is not accepted")
