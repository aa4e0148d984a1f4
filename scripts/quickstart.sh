#!/usr/bin/env bash
# From nothing to a first answer: installs the Debian packages that clipkit is built with, builds the program and lets it
# say which words fit three pictures.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh build
cmake --preset release -DBUILD_TESTING=OFF -DCLIPKIT_BUILD_EXAMPLES=OFF >/dev/null
cmake --build --preset release --target clipkit_program

clipkit=build/release/bin/clipkit
echo
echo "\$ $clipkit classify --model generated:mini-vit examples/pictures \"a diagram\" \"a face\" \"a house\""
$clipkit classify --model generated:mini-vit examples/pictures "a diagram" "a face" "a house"
cat <<'NOTE'

The weights of generated:mini-vit are made up (random), so these answers mean nothing: they show that everything runs.
For answers that mean something, use a published checkpoint, for example:
  build/release/bin/clipkit pull ViT-B/32
  build/release/bin/clipkit classify --model ViT-B/32 examples/pictures "a diagram" "a face" "a house"
NOTE
