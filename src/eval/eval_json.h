#pragma once

#include "base/json.h"
#include "clipkit/evaluate.h"

// The parts that results have in common, as JSON. Numbers without a meaning are null.

namespace clipkit {

OrderedJson json_of(const Estimate& estimate);
OrderedJson json_of(const EvalOrigin& origin);
OrderedJson json_of(const ClassificationScores& scores);

}  // namespace clipkit
