#!/bin/bash
# Writes FILE, the archive that `docker save` writes of the original (`original/`): Debian, Python, and its packages in /venv.
# Needs root, debootstrap, python3-venv and Docker. What it made in Docker is removed again.
set -euo pipefail
if [ $# -ne 1 ]; then
    echo "usage: $0 FILE" >&2
    exit 2
fi
original=$(cd "$(dirname "$0")/original" && pwd)
work=$(mktemp -d)
name="seaworthy-bench-$$"
clean() {
    docker image rm "$name:app" "$name:base" >"$work/removed" 2>&1 || true
    rm -rf "$work"
}
trap clean EXIT

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/root" >"$work/log" || {
    cat "$work/log" >&2
    exit 2
}
# As slim images do.
rm -rf "$work"/root/var/cache/apt "$work"/root/var/lib/apt/lists "$work"/root/usr/share/{doc,info,locale,man}
tar -C "$work/root" -c . | docker import - "$name:base" >"$work/imported"

# The packages come in by a stage that stays behind, as in the original's Dockerfile.
mkdir "$work/context"
python3 -m venv "$work/pip"
"$work/pip/bin/pip" download --quiet --disable-pip-version-check -d "$work/context/wheels" -r "$original/requirements.txt"
cp "$original/requirements.txt" "$original/main.py" "$work/context"
cat >"$work/context/Dockerfile" <<EOF
FROM $name:base AS builder
COPY wheels /wheels
COPY requirements.txt .
RUN python3 -m venv /venv && /venv/bin/pip install --no-index --find-links /wheels -r requirements.txt \\
    && /venv/bin/pip uninstall --yes pip setuptools
FROM $name:base
RUN useradd --create-home --uid 1000 appuser
WORKDIR /app
COPY --from=builder /venv /venv
COPY main.py .
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
USER appuser
EXPOSE 8000
LABEL org.opencontainers.image.title=original
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health')"]
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
EOF
docker build --quiet --rm --force-rm -t "$name:app" "$work/context" >"$work/built"
docker save -o "$1" "$name:app"
