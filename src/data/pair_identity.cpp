#include "data/pair_identity.h"

#include <algorithm>

#include "base/concat.h"
#include "base/sha256.h"
#include "clipkit/error.h"

namespace clipkit {

namespace {

constexpr int64_t kNames = 256;  // each is a read at another place

// Without folders: the same pairs may lie elsewhere. A sample that cannot be read has no name.
std::string last_name(const PairSource& pairs, int64_t index) {
  try {
    const std::string name = pairs.name(index);
    return name.substr(name.find_last_of('/') + 1);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

PairIdentity identity_of(const PairSource& pairs) {
  std::string text;
  for (const PairShard& shard : pairs.shards()) text += concat(shard.size, " ", shard.weight, "\n");
  const int64_t n = std::min(kNames, pairs.size());
  for (int64_t i = 0; i < n; ++i)
    text += last_name(pairs, n == 1 ? 0 : i * (pairs.size() - 1) / (n - 1)) + "\n";  // the first and the last too
  return {.size = pairs.size(), .sha256 = sha256_hex(text.data(), text.size())};
}

}  // namespace clipkit
