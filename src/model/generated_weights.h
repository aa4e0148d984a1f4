#pragma once

#include "checkpoint/state_dict.h"
#include "clipkit/config.h"

namespace clipkit {

// Made-up weights for an architecture: a fixed function of each tensor's name and position, exactly representable in
// float16 but for the norms. The same recipe was run through the reference implementation, so a whole model can be
// compared with recorded features without a file of weights (docs/numerics.md). The features mean nothing.
StateDict generate_weights(const ModelConfig& config);

}  // namespace clipkit
