#pragma once

#include <functional>

#include "clipkit/curate.h"
#include "eval/encoder.h"

namespace clipkit {

// filter_pairs(). open_encoder is called at most once, and only if a rule needs the model; its errors leave nothing
// behind.
FilterSummary run_filter(const FilterOptions& options, const std::function<Encoder()>& open_encoder,
                         const CurateCallbacks& callbacks);

}  // namespace clipkit
