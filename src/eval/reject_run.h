#pragma once

#include <filesystem>
#include <optional>

#include "clipkit/reject.h"
#include "data/labelled_set.h"
#include "eval/encoder.h"

namespace clipkit {

struct RejectSets {
  LabelledSet known;
  std::optional<LabelledSet> unknown{};  // nothing: classes are held out
};

// What the options name, and whether they make sense. Errors: as of evaluate_reject.
RejectSets open_reject_sets(const RejectOptions& options);

// Not on the compute thread. Errors: as of evaluate_reject.
RejectResult run_reject(const RejectOptions& options, const RejectSets& sets, const Encoder& encoder,
                        double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                        const EvalCallbacks& callbacks);

}  // namespace clipkit
