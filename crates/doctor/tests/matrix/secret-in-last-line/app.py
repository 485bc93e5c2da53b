import sys

sys.exit("login failed: user=admin password=oar-66-rowlock")
