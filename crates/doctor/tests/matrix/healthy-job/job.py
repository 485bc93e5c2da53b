total = sum(range(1000))
print(f"report written: {total} berths")
