#pragma once

#include <string>

#include "clipkit/train.h"

namespace clipkit::cli {

// What `clipkit train --dry-run` answers: a table, or one JSON object.
std::string plan_text(const TrainPlan& plan);
std::string plan_json(const TrainPlan& plan);

}  // namespace clipkit::cli
