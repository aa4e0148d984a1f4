#!/usr/bin/env bash
# From nothing to a first answer: installs the Debian packages that clipkit is built with, builds the program and lets it
# say which words fit a few pictures.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh build
cmake --preset release -DBUILD_TESTING=OFF -DCLIPKIT_BUILD_EXAMPLES=OFF >/dev/null
cmake --build --preset release --target clipkit_program

clipkit=build/release/bin/clipkit
echo
echo "\$ $clipkit classify examples/drawings \"a rabbit\" \"a pizza\" \"a train\""
$clipkit classify examples/drawings "a rabbit" "a pizza" "a train"
cat <<'NOTE'

The model that comes with clipkit is a toy: it knows emoji and simple drawings, and what it says of photos means
nothing. For photos use a published checkpoint, for example:
  build/release/bin/clipkit pull ViT-B/32
  build/release/bin/clipkit classify --model ViT-B/32 photo.jpg "a dog" "a cat" "a house"
NOTE
