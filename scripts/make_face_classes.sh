#!/usr/bin/env bash
# Makes class folders of pictures that the model that comes with clipkit knows well, for few-shot evaluation: thirty emoji
# of faces, 16 pictures of each to learn from and 10 to test on, other ones than it was trained on.
#   scripts/make_emoji_data.sh OUT --pictures 60000 --validation 0 --seed 2 --side 64 --hold-back emoji
#   scripts/make_face_classes.sh OUT FACES
# docs/evaluation.md says what comes out of it.
set -euo pipefail
out=$(realpath "${1:?usage: scripts/make_face_classes.sh OUT FACES}")
faces=$(realpath -m "${2:?usage: scripts/make_face_classes.sh OUT FACES}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for shard in "$out"/train-*.tar; do tar -xf "$shard" -C "$work"; done

# The first caption of a single emoji is its name: "NAME<tab>KEY.json" for each, in the order of the pictures.
cd "$work"
find . -name '*.json' | sort | xargs awk -F'"' '/"kind":"emoji"/ { print $4 "\t" FILENAME }' >names
while IFS= read -r name; do
  mkdir -p "$faces/train/$name" "$faces/test/$name"
  awk -F'\t' -v name="$name" '$1 == name && ++n <= 26 { print $2 }' names | awk -v to="$faces" -v name="$name" '
    { sub(/json$/, "jpg"); printf "%s\t%s/%s/%s/%02d.jpg\n", $0, to, NR <= 16 ? "train" : "test", name, NR - 1 }' |
    while IFS=$'\t' read -r from file; do cp "$from" "$file"; done
done <<'NAMES'
angry face with horns
clown face
cow face
dog face
expressionless face
face blowing a kiss
face with open mouth
face with rolling eyes
face with steam from nose
fearful face
first quarter moon face
grinning face with smiling eyes
melting face
money-mouth face
monkey face
mouse face
neutral face
pensive face
pig face
rabbit face
sad but relieved face
saluting face
shaking face
smiling face with horns
smiling face with smiling eyes
sneezing face
tiger face
tired face
upside-down face
zipper-mouth face
NAMES
