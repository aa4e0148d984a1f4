#pragma once

#include <cstdint>
#include <vector>

#include "data/pair_source.h"

namespace clipkit {

// The sample at a place of an epoch. A sample that an epoch shows several times has repetitions 0, 1, ...
struct SampleDraw {
  int64_t sample = 0;
  int64_t repetition = 0;
  bool operator==(const SampleDraw&) const = default;
};

// In which order training sees the samples: a function of shards, seed and epoch alone, so that the number of ranks or
// threads, or a restart, cannot change it. Each place of an epoch can be asked for by itself, in a few microseconds.
//
// A shard of weight w is seen w times an epoch: as a whole as often as w's whole part says; of the rest, a subset that
// is drawn anew in each epoch. The number of samples of an epoch is always the same.
// shuffle_buffer = 0 permutes all samples. Otherwise the shards come in a random order and their samples are shuffled
// within blocks of shuffle_buffer places, twice, the second time with blocks shifted by half: a sample moves by less
// than 1.5 shuffle_buffer places, so reading stays near one part of the disk.
class SampleOrder {
 public:
  // Errors: kInvalidArgument for a negative shuffle_buffer.
  SampleOrder(const std::vector<PairShard>& shards, uint64_t seed, int64_t shuffle_buffer);

  int64_t epoch_size() const noexcept { return epoch_size_; }

  // One epoch's order. Thread-safe; independent of the SampleOrder it comes from.
  class Epoch {
   public:
    // 0 <= position < epoch_size().
    SampleDraw operator[](int64_t position) const;

   private:
    friend class SampleOrder;
    struct Run;
    uint64_t key(uint32_t purpose, int64_t index) const noexcept;

    std::vector<Run> runs_;        // in this epoch's order
    std::vector<int64_t> begins_;  // place of each run's first sample, before shuffling
    uint64_t seed_ = 0;
    uint32_t epoch_ = 0;
    int64_t shuffle_buffer_ = 0, size_ = 0;
  };
  Epoch epoch(uint32_t epoch) const;

 private:
  std::vector<Epoch::Run> runs_;
  uint64_t seed_;
  int64_t shuffle_buffer_;
  int64_t epoch_size_ = 0;
};

// Samples that are seen one after the other: count of the shard's samples, all of them or a subset.
struct SampleOrder::Epoch::Run {
  int64_t first_sample, shard_size, count, repetition;
};

}  // namespace clipkit
