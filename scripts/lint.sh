#!/usr/bin/env bash
# clang-format over the tree, then clang-tidy over the named files, or over all of src/ and examples/:
#   scripts/lint.sh [--format-only] [FILE.cpp...]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh build test mpi eval lint
mapfile -t formatted < <(find include src tests fuzz bench examples demo -name '*.h' -o -name '*.cpp')
clang-format --dry-run -Werror "${formatted[@]}"
[ "${1:-}" != --format-only ] || exit 0

files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(find src examples -name '*.cpp' | sort)
# clang-tidy reads how each file is compiled; clang must understand the flags, so a configuration of its own.
cmake --preset debug -B build/lint -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_ASM_COMPILER=clang -DCLIPKIT_OPENMP=OFF >/dev/null
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p build/lint --quiet
