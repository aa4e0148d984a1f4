#!/usr/bin/env bash
# Makes what the model that comes with clipkit is trained on, from Debian's packages of the group `demo`:
#   scripts/make_emoji_data.sh OUT [options of emoji_data, such as --pictures 20000 --side 64]
# The same options give the same bytes. docs/emoji_data.md says what is in OUT.
set -euo pipefail
out=$(realpath -m "${1:?usage: scripts/make_emoji_data.sh OUT [options of emoji_data]}")
shift
cd "$(dirname "$0")/.."

scripts/install_packages.sh build demo
cmake --preset release -B build/demo -DBUILD_TESTING=OFF -DCLIPKIT_BUILD_CLI=OFF -DCLIPKIT_BUILD_EXAMPLES=OFF \
  -DCLIPKIT_BUILD_DEMO=ON >/dev/null
cmake --build build/demo --target emoji_data
build/demo/demo/emoji/emoji_data "$@" "$out"
