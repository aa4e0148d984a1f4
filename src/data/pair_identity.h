#pragma once

#include <cstdint>
#include <string>

#include "data/pair_source.h"

namespace clipkit {

// What tells pairs from others without reading them: enough to see that files were added, taken away, renamed, or come
// in another order, wherever they lie. Not seen: new content under an old name.
struct PairIdentity {
  int64_t size = 0;    // samples
  std::string sha256;  // of the shards' sizes and weights, and of names spread over all samples
  bool operator==(const PairIdentity&) const = default;
};

PairIdentity identity_of(const PairSource& pairs);

}  // namespace clipkit
