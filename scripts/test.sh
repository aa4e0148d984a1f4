#!/usr/bin/env bash
# All tests of a release build. Arguments go to CMake's configure step: scripts/test.sh -DCLIPKIT_WERROR=ON
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh build test mpi eval
cmake --preset release -DBUILD_TESTING=ON -DCLIPKIT_BUILD_CLI=ON -DCLIPKIT_BUILD_EXAMPLES=ON "$@"
cmake --build --preset release
ctest --preset release
