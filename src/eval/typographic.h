#pragma once

#include <filesystem>

#include "clipkit/audit.h"
#include "data/labelled_set.h"
#include "eval/encoder.h"

namespace clipkit {

// The class whose name is written on a picture: any but its own, as likely as each other. -1 if there is no other.
int32_t wrong_class(const PictureLabels& labels, int64_t num_classes, uint64_t seed, int64_t picture);

// Not on the compute thread. Errors: as of evaluate_typographic.
TypographicResult run_typographic(const TypographicOptions& options, const LabelledSet& set, const Encoder& encoder,
                                  double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                                  const EvalCallbacks& callbacks);

}  // namespace clipkit
