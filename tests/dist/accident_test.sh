#!/usr/bin/env bash
# One rank has an accident while the others wait for it: the run must end soon, with an exit status other than 0 and a
# message that says why.
#   accident_test.sh MPIRUN PROGRAM ACCIDENT EXPECTED_TEXT
set -euo pipefail
mpirun=$1 program=$2 accident=$3 expected=$4
output=$(mktemp)
trap 'rm -f "$output"' EXIT

status=0
timeout --kill-after=5 60 "$mpirun" -n 3 "$program" "$accident" >"$output" 2>&1 || status=$?
cat "$output"
case $status in
  0) echo "expected an exit status other than 0" && exit 1 ;;
  124 | 137) [ "$accident" = signal ] && [ "$status" = 137 ] || { echo "the ranks did not end" && exit 1; } ;;
esac
grep -qF "$expected" "$output" || { echo "expected a message with: $expected" && exit 1; }
! grep -qF "came to the end" "$output" || { echo "a rank went on without the other" && exit 1; }
