#include "text/merge_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>
#include <utility>

#include "base/check.h"

namespace clipkit {

namespace {

constexpr size_t kShort = 48;  // symbols; up to here scanning all pairs beats a heap

}  // namespace

MergeTable::MergeTable(std::vector<Merge> merges) : merges_(std::move(merges)) {
  const size_t capacity = std::bit_ceil(std::max<size_t>(2 * merges_.size(), 2));
  slots_.assign(capacity, Slot{});
  shift_ = 64 - std::countr_zero(capacity);
  for (size_t r = 0; r < merges_.size(); ++r) {
    CLIPKIT_ASSERT(rank(merges_[r].left, merges_[r].right) == kNoRank);
    size_t slot = slot_of(merges_[r].left, merges_[r].right);
    while (slots_[slot].rank != kNoRank) slot = (slot + 1) & (capacity - 1);
    slots_[slot] = {merges_[r].left, static_cast<int32_t>(r)};
  }
}

// Multiplicative hashing (Knuth, volume 3, section 6.4): the upper bits choose the slot.
size_t MergeTable::slot_of(int32_t left, int32_t right) const noexcept {
  const uint64_t pair = uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  return pair * 0x9E3779B97F4A7C15u >> shift_;
}

int32_t MergeTable::rank(int32_t left, int32_t right) const noexcept {
  for (size_t i = slot_of(left, right);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.rank == kNoRank) return kNoRank;
    if (slot.left == left && merges_[static_cast<size_t>(slot.rank)].right == right) return slot.rank;
  }
}

size_t MergeTable::apply(std::span<int32_t> symbols) const {
  return symbols.size() <= kShort ? apply_short(symbols) : apply_long(symbols);
}

size_t MergeTable::apply_short(std::span<int32_t> symbols) const noexcept {
  size_t n = symbols.size();
  if (n < 2) return n;
  std::array<int32_t, kShort> ranks;  // of the pair (i, i + 1)
  for (size_t i = 0; i + 1 < n; ++i) ranks[i] = rank(symbols[i], symbols[i + 1]);
  while (n > 1) {
    size_t i = static_cast<size_t>(std::min_element(ranks.begin(), ranks.begin() + n - 1) - ranks.begin());
    const int32_t lowest = ranks[i];
    if (lowest == kNoRank) break;
    for (; i + 1 < n; ++i) {
      if (ranks[i] != lowest) continue;
      symbols[i] = merges_[static_cast<size_t>(lowest)].result;
      std::copy(symbols.begin() + i + 2, symbols.begin() + n, symbols.begin() + i + 1);
      std::copy(ranks.begin() + i + 1, ranks.begin() + n - 1, ranks.begin() + i);
      --n;
      if (i > 0) ranks[i - 1] = rank(symbols[i - 1], symbols[i]);
      if (i + 1 < n) ranks[i] = rank(symbols[i], symbols[i + 1]);
    }
  }
  return n;
}

// The symbols form a linked list, the pairs that have a rank a heap. A heap entry is out of date when the symbols at
// its position are no longer the pair of its rank.
size_t MergeTable::apply_long(std::span<int32_t> symbols) const {
  constexpr uint32_t kEnd = std::numeric_limits<uint32_t>::max();
  constexpr int32_t kGone = -1;
  const uint32_t n = static_cast<uint32_t>(symbols.size());
  std::vector<uint32_t> next(n), previous(n);
  for (uint32_t i = 0; i < n; ++i) {
    next[i] = i + 1 < n ? i + 1 : kEnd;
    previous[i] = i > 0 ? i - 1 : kEnd;
  }
  struct Entry {
    int32_t rank;
    uint32_t position;
    bool operator>(const Entry& o) const { return rank != o.rank ? rank > o.rank : position > o.position; }
  };
  std::vector<Entry> fresh;  // pairs that the current round has made: they wait for the next round
  const auto note_pair = [&](uint32_t i) {
    if (next[i] == kEnd) return;
    const int32_t r = rank(symbols[i], symbols[next[i]]);
    if (r != kNoRank) fresh.push_back({r, i});
  };
  for (uint32_t i = 0; i + 1 < n; ++i) note_pair(i);
  std::priority_queue heap(std::greater<Entry>{}, std::exchange(fresh, {}));
  while (!heap.empty()) {
    const int32_t lowest = heap.top().rank;
    const Merge& merge = merges_[static_cast<size_t>(lowest)];
    while (!heap.empty() && heap.top().rank == lowest) {
      const uint32_t i = heap.top().position;
      heap.pop();
      const uint32_t j = symbols[i] == kGone ? kEnd : next[i];
      if (j == kEnd || symbols[i] != merge.left || symbols[j] != merge.right) continue;
      symbols[i] = merge.result;
      symbols[j] = kGone;
      next[i] = next[j];
      if (next[i] != kEnd) previous[next[i]] = i;
      if (previous[i] != kEnd) note_pair(previous[i]);
      note_pair(i);
    }
    for (const Entry& entry : fresh) heap.push(entry);
    fresh.clear();
  }
  return static_cast<size_t>(std::remove(symbols.begin(), symbols.end(), kGone) - symbols.begin());
}

}  // namespace clipkit
