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

// Writes pairs as shards in WebDataset's layout, PREFIX-000000.tar, PREFIX-000001.tar, ...: of each sample the picture
// under its number and the extension of its format, the first caption as .txt, and as .json the metadata, with all
// captions under "captions" if there are several. The same pairs give the same bytes. Every shard appears whole.
class PairWriter {
 public:
  explicit PairWriter(std::filesystem::path prefix, const ShardLimits& limits = {})
      : prefix_(std::move(prefix)), limits_(limits) {}

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
