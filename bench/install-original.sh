#!/bin/sh
# Makes a Python environment for the original in FOLDER: `plain` as shipped, `tuned` with uvloop and httptools.
set -eu
if [ $# -ne 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")/original" && pwd)
for kind in plain tuned; do
    python3 -m venv "$1/$kind"
done
"$1/plain/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
"$1/tuned/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-tuned.txt"
cp "$here/requirements.txt" "$here/requirements-tuned.txt" "$1"
