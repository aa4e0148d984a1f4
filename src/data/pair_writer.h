#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "data/pair_source.h"
#include "data/tar_writer.h"

namespace clipkit {

// A shard ends with the sample that reaches either limit.
struct ShardLimits {
  int64_t samples = 10'000;
  int64_t bytes = int64_t{1} << 30;
};

// What an interrupted run has finished.
struct ShardsWritten {
  int64_t shards = 0, samples = 0;
};

// Writes pairs as shards in WebDataset's layout, PREFIX-000000.tar, PREFIX-000001.tar, ...: of each sample the picture
// under its number and the extension of its format, the first caption as .txt, and as .json the metadata, with all
// captions under "captions" where they would not be read back otherwise. The same pairs give the same bytes. Every
// shard appears whole.
class PairWriter {
 public:
  // Goes on behind what is written already.
  explicit PairWriter(std::filesystem::path prefix, const ShardLimits& limits = {}, const ShardsWritten& written = {})
      : prefix_(std::move(prefix)), limits_(limits), num_samples_(written.samples), num_shards_(written.shards) {}

  // The pair's name is not kept. Errors: kInvalidArgument (no caption), kUnsupported (no picture of a known format),
  // kCorrupt (several captions and metadata that are not a JSON object), kIo.
  void add(const EncodedPair& pair);
  // Ends the last shard. Without it, that one is not written. Errors: kIo.
  void commit();

  int64_t num_samples() const noexcept { return num_samples_; }
  int64_t num_shards() const noexcept { return num_shards_; }

 private:
  const std::filesystem::path prefix_;
  const ShardLimits limits_;
  std::optional<TarWriter> shard_;
  int64_t num_samples_ = 0, samples_of_shard_ = 0, num_shards_ = 0;
};

}  // namespace clipkit
