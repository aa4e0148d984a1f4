#pragma once

#include <functional>

#include "clipkit/curate.h"
#include "curate/pair_encoder.h"

namespace clipkit {

// filter_pairs(). open_encoder is called at most once, and only if a rule needs the model; its errors leave nothing
// behind.
FilterSummary run_filter(const FilterOptions& options, const std::function<PairEncoder()>& open_encoder,
                         const CurateCallbacks& callbacks);

}  // namespace clipkit
