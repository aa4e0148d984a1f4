#!/usr/bin/env bash
# Fails if a test that .ci/run counts on was skipped:  scripts/check_skips.sh CTEST_LOG...
# Tests skip where a user's machine lacks something. Where changes land everything is there, but for what
# tests/may_skip.txt lists.
set -euo pipefail
list=$(cd "$(dirname "$0")/.." && pwd)/tests/may_skip.txt

skipped=$(sed -n 's/^\t* *[0-9]* - \(.*\) (Skipped)$/\1/p' "$@" | sort -u)
may=$(sed -e '/^#/d' -e '/^$/d' "$list")
if ! grep -qw avx512_bf16 /proc/cpuinfo; then may+=$'\n[Bb][Ff](loat)?16'; fi
unexpected=$(grep -vE -f <(printf '%s\n' "$may") <<<"$skipped" | sed '/^$/d' || true)
printf 'skipped: %d tests\n' "$(sed '/^$/d' <<<"$skipped" | wc -l)"
if [ -n "$unexpected" ]; then
  printf 'these must not be skipped here:\n%s\n' "$unexpected"
  exit 1
fi
