#pragma once

#include <string>

#include "base/json.h"
#include "clipkit/evaluate.h"

// The parts that results have in common, as JSON. Numbers without a meaning are null.

namespace clipkit {

OrderedJson number(double value);
OrderedJson json_of(const Estimate& estimate);
OrderedJson json_of(const EvalOrigin& origin);
OrderedJson json_of(const ClassificationScores& scores);
OrderedJson json_of(const std::vector<FoldScore>& folds);

// The document; bytes that are not UTF-8 are replaced.
std::string text(const OrderedJson& json);

}  // namespace clipkit
