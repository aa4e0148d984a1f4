#!/usr/bin/env bash
# Makes the model that comes with clipkit from nothing: data, training, weights, measurements. Half an hour on two cores.
#   scripts/train_emoji.sh OUT [EPOCHS]
# Leaves OUT/data, OUT/run, OUT/emoji-clip (what assets/emoji-clip is) and OUT/results.md. A second call goes on where
# the first one ended. docs/emoji_model.md says what came of it.
set -euo pipefail
out=$(realpath -m "${1:?usage: scripts/train_emoji.sh OUT [EPOCHS]}")
epochs=${2:-9}
cd "$(dirname "$0")/.."
mkdir -p "$out"

# Pictures of 64 px, as large as the model sees them.
[ -e "$out/data/classes.txt" ] || scripts/make_emoji_data.sh "$out/data" --hold-back emoji --side 64
scripts/install_packages.sh build demo
cmake --preset release -B build/demo -DBUILD_TESTING=OFF -DCLIPKIT_BUILD_EXAMPLES=OFF -DCLIPKIT_BUILD_CLI=ON \
  -DCLIPKIT_BUILD_DEMO=ON >/dev/null
cmake --build build/demo --target clipkit_program emoji_eval
clipkit=build/demo/bin/clipkit

# bf16 halves what is moved; only some CPUs multiply it.
precision=fp32
if grep -qw avx512_bf16 /proc/cpuinfo; then precision=amp_bf16; fi
if [ -e "$out/run/options.json" ]; then
  $clipkit train --resume "$out/run"
else
  $clipkit train --model demo/emoji/emoji_clip.json --tokenizer "$out/data" \
    --train-data "$out/data/train-{000000..000011}.tar" --val-data "$out/data/held-back-plain.tar" \
    --batch-size 256 --precision $precision --epochs "$epochs" --lr 2e-3 --warmup 100 \
    --lr-scheduler const-cooldown --epochs-cooldown $(((epochs + 1) / 4)) --grad-clip-norm 1 --save-every 100 --logs "$out/run"
fi

last=$(find "$out/run/checkpoints" -maxdepth 1 -name 'step-*' | sort | tail -1)
$clipkit convert "$last" "$out/emoji-clip" --dtype fp16
{
  echo "Weights as trained, fp32 arithmetic:"
  build/demo/demo/emoji/emoji_eval "$last" "$out/data" fp32
  echo "Weights stored as fp16, fp32 arithmetic:"
  build/demo/demo/emoji/emoji_eval "$out/emoji-clip" "$out/data" fp32
  if [ $precision = amp_bf16 ]; then
    echo "Weights stored as fp16, bf16 arithmetic:"
    build/demo/demo/emoji/emoji_eval "$out/emoji-clip" "$out/data" bf16
  fi
} | tee "$out/results.md"
