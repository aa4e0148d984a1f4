#!/usr/bin/env bash
# train_test.sh PROGRAM PICTURES: trains on three pictures, each with its name for a caption.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/pairs"
for picture in "$2"/*.png; do
  name=$(basename "$picture" .png)
  cp "$picture" "$folder/pairs"
  echo "a $name" > "$folder/pairs/$name.txt"
done
"$1" "$folder/pairs" "$folder/run"
