#!/usr/bin/env bash
# clang-format and clang-tidy over the tree: scripts/lint.sh [FILE.cpp...]  Without files, all of src/, examples/ and fuzz/.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh build test ci
mapfile -t formatted < <(git ls-files -- '*.h' '*.cpp')
clang-format --dry-run -Werror "${formatted[@]}"

files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(git ls-files -- 'src/*.cpp' 'examples/*.cpp')
# clang-tidy reads how each file is compiled; clang must understand the flags, so a configuration of its own.
cmake --preset debug -B build/lint -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_ASM_COMPILER=clang >/dev/null
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p build/lint --quiet
