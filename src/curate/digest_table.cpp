#include "curate/digest_table.h"

#include <algorithm>

#include "base/sha256.h"

namespace clipkit {

Digest digest_of(std::string_view content) {
  Sha256 hash;
  hash.update(content.data(), content.size());
  const auto all = hash.digest();
  return {all[0], all[1], all[2]};
}

std::optional<uint32_t> DigestTable::find_or_insert(const Digest& digest, uint32_t where) {
  if (3 * used_ >= 2 * entries_.size()) grow();
  Entry& place = place_of(digest);
  if (place.where != kEmpty) return place.where;
  place = {digest, where};
  ++used_;
  return std::nullopt;
}

// A digest is as good as random: its own bits say where to look, then one after the other.
DigestTable::Entry& DigestTable::place_of(const Digest& digest) {
  const size_t mask = entries_.size() - 1;
  size_t i = (static_cast<size_t>(digest[0]) << 16 ^ digest[1]) & mask;
  while (entries_[i].where != kEmpty && entries_[i].digest != digest) i = (i + 1) & mask;
  return entries_[i];
}

void DigestTable::grow() {
  std::vector<Entry> old(std::max<size_t>(1024, 2 * entries_.size()), Entry{{}, kEmpty});
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (entry.where != kEmpty) place_of(entry.digest) = entry;
  }
}

}  // namespace clipkit
