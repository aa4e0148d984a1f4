#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz for some seconds, from its corpus:  scripts/fuzz.sh [SECONDS [NAME...]]
# What is found new is kept in build/fuzz/found/NAME; an input that crashes is written to build/fuzz/crashes.
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

mkdir -p build/fuzz/crashes
run() {
  local name=$1 seconds=$2 found=build/fuzz/found/$1 log=build/fuzz/$1.log
  mkdir -p "$found"
  if "build/fuzz/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/crashes/$name-" "$found" "fuzz/corpus/$name" >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, none crashed"
  else
    tail -n 60 "$log"
    echo "$name: failed, the input is in build/fuzz/crashes"
    return 1
  fi
}
export -f run
# shellcheck disable=SC2016  # the inner shell expands them
printf '%s\n' "${names[@]}" | xargs -I{} -P "$(nproc)" bash -c 'run "$1" "$2"' run {} "$seconds"
