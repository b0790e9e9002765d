#!/usr/bin/env bash
# Chunk-size sweep from outside: calls the program and reads its --stats-json.
#
#   benches/sweep.sh FILE [COUNT OPTIONS...]
#
# The environment variables CHUNKS and RUNS set the sizes and the number of runs of each.
# Prints the chunk size, the mean number of lines in a chunk, and the median of the seconds.
set -euo pipefail
file=${1:?usage: benches/sweep.sh FILE [COUNT OPTIONS...]}
shift
# The paths on the command line are relative to the caller's folder, and a relative CARGO_TARGET_DIR to that of cargo.
program=$(
    cd "$(dirname "$0")/.."
    cargo build --quiet --release
    realpath "${CARGO_TARGET_DIR:-target}/release/ngramcount"
)
stats=$(mktemp)
trap 'rm -f "$stats"' EXIT

# Prints one number of the JSON on standard input, selected by its path.
number() {
    python3 -c 'import functools, json, sys
print(functools.reduce(dict.get, sys.argv[1].split("."), json.load(sys.stdin)))' "$1" < "$stats"
}

printf 'chunk\tlines_per_chunk\tmedian_s\n'
for chunk in ${CHUNKS:-2 20 200 2000 20000 200000 auto}; do
    seconds=$(for _ in $(seq "${RUNS:-5}"); do
        "$program" "$file" --chunk "$chunk" --stats-json "$stats" "$@" > /dev/null
        number seconds.total
    done | sort -n)
    median=$(sed -n "$(((${RUNS:-5} + 1) / 2))p" <<< "$seconds")
    awk -v chunk="$chunk" -v lines="$(number input.lines)" -v chunks="$(number chunks)" -v median="$median" \
        'BEGIN { printf "%s\t%.1f\t%.3f\n", chunk, lines / chunks, median }'
done
