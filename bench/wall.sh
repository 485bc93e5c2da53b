#!/bin/bash
# How long a user waits, beside what others take on the same machine in the same run; medians of several rounds.
#
#     bench/wall.sh archive FILE    ten static promises of an image in an archive of `docker save`, beside `skopeo inspect`
#     bench/wall.sh ship            `ship task-api` when everything is built, beside `docker save` of an image of 150 MB
#
# The program is target/release/seaworthy, or what SEAWORTHY names; ROUNDS is 5.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${SEAWORTHY:-target/release/seaworthy}")
rounds=${ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a command and prints its wall time in seconds and its peak memory in KB; any end but $1 is an error.
timed() {
    local expected=$1 status=0
    shift
    /usr/bin/time -f '%e %M' -o "$work/time" "$@" >"$work/out" 2>&1 || status=$?
    if [ "$status" != "$expected" ]; then
        cat "$work/out" >&2
        echo "exit $status: $*" >&2
        exit 2
    fi
    tail -n 1 "$work/time"
}

# Medians of each column of a file.
medians() {
    for column in 1 2; do
        awk -v column="$column" '{print $column}' "$1" | sort -n | awk '{all[NR] = $1} END {print all[int((NR + 1) / 2)]}'
    done | paste -sd ' '
}

# One line: the name, the medians, and how many times the second file's time it is.
told() {
    local seconds memory other
    read -r seconds memory < <(medians "$2")
    read -r other _ < <(medians "$3")
    awk -v name="$1" -v seconds="$seconds" -v memory="$memory" -v other="$other" \
        'BEGIN {printf "%-44s %7.2f s %7.1f MB %6.2f times\n", name, seconds, memory * 1024 / 1000000, seconds / other}'
}

archive() {
    cat >"$work/spec.md" <<'EOF'
# The original

## Success Criteria

- [ ] Image size under 400 MB
- [ ] No secrets in image
- [ ] No setuid files
- [ ] No shell, package manager, compiler or build tools in image
- [ ] Binaries match the image's platform
- [ ] Labels `org.opencontainers.image.title` are set
- [ ] Image exposes port 8000
- [ ] Image has at most 20 layers
- [ ] File `/app/main.py` exists
- [ ] Health check is declared
EOF
    local status=0
    "$program" verify "docker-archive:$1" --spec "$work/spec.md" --report "json=$work/report.json" >"$work/first" 2>&1 || status=$?
    for ((round = 0; round < rounds; round++)); do
        timed "$status" "$program" verify "docker-archive:$1" --spec "$work/spec.md" >>"$work/verify"
        timed 0 skopeo inspect "docker-archive:$1" >>"$work/skopeo"
        timed 0 skopeo copy "docker-archive:$1" "dir:$work/copy" >>"$work/copies"
        rm -rf "$work/copy"
    done
    tail -n 3 "$work/first"
    echo "$(stat -c %s "$1") bytes, medians of $rounds"
    told "seaworthy verify, ten static promises" "$work/verify" "$work/skopeo"
    told "skopeo inspect" "$work/skopeo" "$work/skopeo"
    told "skopeo copy to a folder" "$work/copies" "$work/skopeo"
}

ship() {
    local status=0 name="seaworthy-bench-$$:1"
    "$program" ship task-api >"$work/first" 2>&1 || status=$?
    head -c 150000000 /dev/urandom >"$work/noise"
    tar -C "$work" -c noise | docker import - "$name" >"$work/imported"
    # The name now: the function's own variables are gone when the trap runs.
    trap "docker image rm $name >/dev/null; rm -rf '$work'" EXIT
    for ((round = 0; round < rounds; round++)); do
        timed "$status" "$program" ship task-api >>"$work/ship"
        timed 0 docker save -o "$work/saved" "$name" >>"$work/save"
    done
    tail -n 3 "$work/first"
    echo "medians of $rounds"
    told "seaworthy ship task-api, warm" "$work/ship" "$work/save"
    told "docker save of 150 MB" "$work/save" "$work/save"
}

case "${1:-} $#" in
"archive 2") archive "$(realpath "$2")" ;;
"ship 1") ship ;;
*)
    sed -n '3,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
