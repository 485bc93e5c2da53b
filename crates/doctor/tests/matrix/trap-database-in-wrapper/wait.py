import tenacity

print("waiting at most", tenacity.SECONDS, "s")
