#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "data/pair_source.h"

namespace clipkit::testing {

// A binary PPM of one picture for each seed.
inline std::string made_picture(int width, int height, int seed) {
  std::string file = concat("P6 ", width, " ", height, " 255\n");
  uint32_t noise = static_cast<uint32_t>(seed) * 2654435761u + 1;
  for (int i = 0; i < 3 * width * height; ++i) {
    noise = noise * 1664525u + 1013904223u;
    file += static_cast<char>(noise >> 24);
  }
  return file;
}

// Pairs without files: sample i is a made picture with one to three captions. Samples in `damaged` have half a picture.
class MadePairs : public PairSource {
 public:
  explicit MadePairs(std::vector<PairShard> shards) : shards_(std::move(shards)) {
    for (const PairShard& shard : shards_) size_ += shard.size;
  }

  int64_t size() const noexcept override { return size_; }
  EncodedPair read(int64_t index) const override {
    ++num_reads;
    if (on_read) on_read(index);
    EncodedPair pair{name(index), made_picture(10 + static_cast<int>(index % 5), 8, static_cast<int>(index)), {}};
    if (damaged.count(index) > 0) pair.picture.resize(pair.picture.size() / 2);
    for (int64_t i = 0; i <= index % 3; ++i) pair.captions.push_back(concat("caption ", i, " of sample ", index));
    return pair;
  }
  std::string name(int64_t index) const override { return concat("made/", index); }
  std::vector<PairShard> shards() const override { return shards_; }

  std::set<int64_t> damaged;
  std::function<void(int64_t)> on_read;
  mutable std::atomic<int64_t> num_reads{0};

 private:
  std::vector<PairShard> shards_;
  int64_t size_ = 0;
};

}  // namespace clipkit::testing
