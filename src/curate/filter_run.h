#pragma once

#include <functional>

#include "clipkit/curate.h"
#include "curate/pair_encoder.h"

namespace clipkit {

// Whether a rule asks the model for anything, and for features of captions.
bool needs_model(const FilterOptions& options);
bool needs_captions(const FilterOptions& options);

// filter_pairs(). open_encoder is called at most once, and only if a rule needs the model.
FilterSummary run_filter(const FilterOptions& options, const std::function<PairEncoder()>& open_encoder,
                         const CurateCallbacks& callbacks);

}  // namespace clipkit
