#pragma once

#include "base/json.h"
#include "clipkit/curate.h"
#include "data/pair_source.h"

namespace clipkit {

// All of an input that decides what is written: for resuming.
inline OrderedJson input_settings(const PairsInput& input, const PairSource& source) {
  return {{"pairs", input.pairs},
          {"num_pairs", source.size()},
          {"csv_img_key", input.csv_img_key},
          {"csv_caption_key", input.csv_caption_key},
          {"csv_separator", input.csv_separator}};
}
inline void add_settings(const ShardsOutput& output, OrderedJson& settings) {
  settings["shard_samples"] = output.shard_samples;
  settings["shard_bytes"] = output.shard_bytes;
}

}  // namespace clipkit
