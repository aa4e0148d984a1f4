#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace clipkit {

// The merges of a byte-pair encoding (Sennrich et al. 2016), in rank order, and the encoding itself. Immutable.
class MergeTable {
 public:
  struct Merge {
    int32_t left, right, result;  // vocabulary ids
  };

  MergeTable() = default;
  // Each pair (left, right) may occur once only.
  explicit MergeTable(std::vector<Merge> merges);

  std::span<const Merge> merges() const noexcept { return merges_; }

  // Merges the symbols of one piece in place and returns how many are left: of all adjacent pairs the one of lowest
  // rank is merged wherever it stands, left to right, until no pair has a rank. O(n log n) for n symbols.
  size_t apply(std::span<int32_t> symbols) const;

 private:
  static constexpr int32_t kNoRank = std::numeric_limits<int32_t>::max();
  // The left part tells nearly all other pairs apart without a look at the merge itself.
  struct Slot {
    int32_t left = 0;
    int32_t rank = kNoRank;  // kNoRank: empty
  };

  int32_t rank(int32_t left, int32_t right) const noexcept;
  size_t slot_of(int32_t left, int32_t right) const noexcept;
  size_t apply_short(std::span<int32_t> symbols) const noexcept;
  size_t apply_long(std::span<int32_t> symbols) const;

  std::vector<Merge> merges_;
  std::vector<Slot> slots_ = std::vector<Slot>(2);  // open addressing; a power of two, at most half full
  int shift_ = 63;
};

}  // namespace clipkit
