#pragma once

#include <string>

#include "base/json.h"
#include "clipkit/curate.h"
#include "data/pair_source.h"
#include "eval/encoder.h"

namespace clipkit {

// Errors: kInvalidArgument for limits that make no sense and rules without the model that they need; patterns and
// limits of captions are CaptionRules' matter.
void check(const FilterOptions& options);

// Whether a rule asks the model for anything, and for features of captions.
bool needs_model(const FilterOptions& options);
bool needs_captions(const FilterOptions& options);

// All that decides what is written: for resuming.
OrderedJson settings_of(const FilterOptions& options, const PairSource& source);

// All that decides the features, as JSON. Two models that answer a probe alike are the same one, whatever their files
// are called.
std::string features_key(const FilterOptions& options, const Encoder& encoder, const PairSource& source);

}  // namespace clipkit
