#pragma once

#include <vector>

#include "clipkit/curate.h"
#include "curate/caption_rules.h"
#include "curate/digest_table.h"
#include "curate/drop.h"
#include "data/pair_source.h"

namespace clipkit {

// What the rules that need no model say of all pairs, in one pass over the source.
struct Survey {
  std::vector<Drop> drops;          // by sample, then caption
  std::vector<uint32_t> survivors;  // samples, rising
  std::vector<Digest> digests;      // of their pictures, if duplicates are asked for
};

// Errors: kCancelled.
Survey survey(const FilterOptions& options, const CaptionRules& rules, const PairSource& source,
              const CurateCallbacks& callbacks);

}  // namespace clipkit
