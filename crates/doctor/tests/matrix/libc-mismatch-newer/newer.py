"""Makes a program ask for a glibc that does not exist yet: the name of a version and its hash."""

import sys


def elf_hash(name):
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high
    return value.to_bytes(4, "little")


old, new = b"GLIBC_2.34", b"GLIBC_2.88"
with open(sys.argv[1], "rb") as file:
    program = file.read()
assert program.count(elf_hash(old)) == 1
with open(sys.argv[1], "wb") as file:
    file.write(program.replace(old + b"\0", new + b"\0").replace(elf_hash(old), elf_hash(new)))
