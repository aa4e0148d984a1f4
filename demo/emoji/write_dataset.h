#pragma once

#include <cstdint>
#include <filesystem>

#include "learn_bpe.h"
#include "samples.h"

namespace clipkit::emoji {

struct DatasetOptions {
  int64_t num_train = 120000, num_validation = 2000;
  int64_t per_shard = 10000;
  int jpeg_quality = 92;
  int vocab_size = 4096;
  int num_variants = 4;  // varied renderings of each held-back emoji
};

struct DatasetSummary {
  int64_t num_shards = 0;      // of training pictures
  int64_t num_captions = 0;    // different ones
  int vocab_size = 0;          // as learned: less than asked for if there is nothing more to join
  int64_t longest_tokens = 0;  // ids of the longest caption or class name, with start and end token
  std::string longest{};
};

// Writes into a folder, which is made if need be:
//   train-000000.tar ...        training pictures: KEY.jpg, KEY.txt (the plainest caption), KEY.json
//   val-000000.tar              more of the same kind
//   held-back-plain.tar         each held-back emoji once on white, KEY.txt its name
//   held-back-no-alpha.tar      each once on black, without soft edges
//   held-back-varied.tar        each num_variants times as in training
//   classes.txt                 the names of all emoji, one a line
//   vocab.json, merges.txt      byte pairs learned from the training captions and all names and keywords
// KEY.json has "captions", "kind", "codepoints" of a single emoji and, if that is held back, "drawn": whether a drawing
// shows the like. The same arguments give the same bytes, however many threads there are. Errors: kIo.
DatasetSummary write_dataset(const Things& things, const SampleMaker& maker, const DatasetOptions& options,
                             const std::filesystem::path& folder);

}  // namespace clipkit::emoji
