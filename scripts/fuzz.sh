#!/usr/bin/env bash
# Runs every fuzz target of build/asan for some seconds, from its corpus:  scripts/fuzz.sh [SECONDS [NAME...]]
# What is found new is kept in build/asan/found/NAME; an input that crashes is written to build/asan/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for source in fuzz/*_fuzz.cpp; do
    name=${source##*/}
    names+=("${name%_fuzz.cpp}")
  done
fi

mkdir -p build/asan/crashes
run() {
  local name=$1 seconds=$2 found=build/asan/found/$1 log=build/asan/$1.log
  mkdir -p "$found"
  if "build/asan/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/asan/crashes/$name-" "$found" "fuzz/corpus/$name" >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, none crashed"
  else
    tail -n 60 "$log"
    echo "$name: failed, the input is in build/asan/crashes"
    return 1
  fi
}
export -f run
# shellcheck disable=SC2016  # the inner shell expands them
printf '%s\n' "${names[@]}" | xargs -I{} -P "$(nproc)" bash -c 'run "$1" "$2"' run {} "$seconds"
