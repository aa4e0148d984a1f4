#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "curate/manifest.h"
#include "data/pair_writer.h"
#include "report/append_file.h"

namespace clipkit {

// A folder that is filled with shards and can be gone on with after a crash at any moment: shard-000000.tar, ...,
// manifest.jsonl (manifest.h) and dropped.jsonl, a line for each thing that was left out. Shards appear whole; what
// happened after the last of them is done again, with the same bytes.
class ShardOutput {
 public:
  // Makes the folder, or goes on with it where `resume` says so and there is a manifest. settings: all that decides
  // what is written. Errors: kInvalidArgument (the folder is not empty and is not resumed; it was begun with other
  // settings), kCorrupt (its files are not as the manifest says), kIo.
  ShardOutput(const std::filesystem::path& folder, const OrderedJson& settings, const ShardLimits& limits, bool resume);

  // The first pair of the source that is to be dealt with: what is before it is on the disk.
  int64_t next() const noexcept { return last_.next; }
  bool is_complete() const noexcept { return complete_; }
  int64_t num_samples() const noexcept { return num_samples_; }
  int64_t num_shards() const noexcept { return num_shards_; }
  int64_t num_bytes() const noexcept { return num_bytes_; }  // of the finished shards
  int64_t num_dropped() const noexcept { return last_.dropped; }

  std::filesystem::path dropped_path() const { return folder_ / kDropped; }

  // Pair `index` of the source; indices rise. Errors: those of PairWriter::add.
  void add(int64_t index, const EncodedPair& pair);
  // A line of dropped.jsonl; is_pair: all of the pair is left out.
  void drop(const OrderedJson& line, bool is_pair);
  // Ends the last shard and says that all is there.
  void finish(int64_t end);

 private:
  static constexpr const char* kDropped = "dropped.jsonl";
  void go_on(const std::string& text, const OrderedJson& settings);
  void begin(const OrderedJson& settings);
  void note_shard(int64_t next);

  const std::filesystem::path folder_;
  std::optional<PairWriter> writer_;
  std::optional<AppendFile> manifest_, dropped_;
  ShardEntry last_;  // of the manifest, with what was dropped since
  bool complete_ = false;
  int64_t num_samples_ = 0, num_shards_ = 0, num_bytes_ = 0;
};

}  // namespace clipkit
