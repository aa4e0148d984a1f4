#include "data/sample_order.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/random.h"
#include "data/permutation.h"

namespace clipkit {

namespace {

// What a key is for.
enum : uint32_t { kRuns, kAll, kBlocks, kShiftedBlocks, kSubset };

}  // namespace

SampleOrder::SampleOrder(const std::vector<PairShard>& shards, uint64_t seed, int64_t shuffle_buffer)
    : seed_(seed), shuffle_buffer_(shuffle_buffer) {
  CLIPKIT_CHECK(shuffle_buffer >= 0, "a shuffle buffer of ", shuffle_buffer, " samples");
  int64_t first = 0;
  double subset = 0;  // samples of all subsets so far: rounded as a sum, or many small shards would give nothing
  for (const PairShard& shard : shards) {
    const double whole = std::floor(shard.weight);
    int64_t repetition = 0;
    for (; repetition < static_cast<int64_t>(whole); ++repetition) {
      if (shard.size > 0) runs_.push_back({first, shard.size, shard.size, repetition});
    }
    const double before = std::nearbyint(subset);
    subset += (shard.weight - whole) * static_cast<double>(shard.size);
    const auto count = std::min(static_cast<int64_t>(std::nearbyint(subset) - before), shard.size);
    if (count > 0) runs_.push_back({first, shard.size, count, repetition});
    first += shard.size;
  }
  for (const Epoch::Run& run : runs_) epoch_size_ += run.count;
}

SampleOrder::Epoch SampleOrder::epoch(uint32_t epoch) const {
  Epoch order;
  order.runs_ = runs_;
  order.seed_ = seed_;
  order.epoch_ = epoch;
  order.shuffle_buffer_ = shuffle_buffer_;
  order.size_ = epoch_size_;
  Random random(seed_, RandomUse::kSampleOrder, epoch, kRuns);
  for (size_t i = runs_.size(); i > 1; --i) std::swap(order.runs_[i - 1], order.runs_[random.below(i)]);
  int64_t begin = 0;
  for (const Epoch::Run& run : order.runs_) {
    order.begins_.push_back(begin);
    begin += run.count;
  }
  return order;
}

uint64_t SampleOrder::Epoch::key(uint32_t purpose, int64_t index) const noexcept {
  constexpr int kPurposeShift = 56;
  Random random(seed_, RandomUse::kSampleOrder, epoch_,
                static_cast<uint64_t>(purpose) << kPurposeShift | static_cast<uint64_t>(index));
  const uint64_t high = random.next();
  return high << 32 | random.next();
}

SampleDraw SampleOrder::Epoch::operator[](int64_t position) const {
  CLIPKIT_CHECK(0 <= position && position < size_, "place ", position, " of an epoch of ", size_, " samples");
  // Shuffles within blocks of shuffle_buffer_ places, the first of which has `shift` places only.
  const auto shuffle = [&](uint32_t purpose, int64_t shift) {
    const int64_t block = (position - shift + shuffle_buffer_) / shuffle_buffer_;
    const int64_t begin = std::max<int64_t>((block - 1) * shuffle_buffer_ + shift, 0);
    const int64_t end = std::min(block * shuffle_buffer_ + shift, size_);
    position = begin + static_cast<int64_t>(permute(key(purpose, block), static_cast<uint64_t>(end - begin),
                                                    static_cast<uint64_t>(position - begin)));
  };
  if (shuffle_buffer_ == 0 || shuffle_buffer_ >= size_) {
    position =
        static_cast<int64_t>(permute(key(kAll, 0), static_cast<uint64_t>(size_), static_cast<uint64_t>(position)));
  } else {
    shuffle(kShiftedBlocks, shuffle_buffer_ / 2);
    shuffle(kBlocks, 0);
  }
  const auto i = static_cast<size_t>(std::upper_bound(begins_.begin(), begins_.end(), position) - begins_.begin() - 1);
  const Run& run = runs_[i];
  int64_t within = position - begins_[i];
  if (run.count < run.shard_size) {
    within = static_cast<int64_t>(
        permute(key(kSubset, run.first_sample), static_cast<uint64_t>(run.shard_size), static_cast<uint64_t>(within)));
  }
  return {run.first_sample + within, run.repetition};
}

}  // namespace clipkit
