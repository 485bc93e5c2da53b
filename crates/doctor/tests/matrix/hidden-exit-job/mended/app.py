print("the share is", 12 / 5)
