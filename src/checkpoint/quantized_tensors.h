#pragma once

#include <string_view>

#include "checkpoint/state_dict.h"

// Weights of int8 with the scales that they need, docs/formats/quantized.md: NAME, a matrix (out, in) or a convolution
// (out, in, k, k), NAME.scales (out) and NAME.input_scales (in), which together stand for NAME[o, i, ...] * scales[o] *
// input_scales[i].

namespace clipkit {

inline constexpr std::string_view kScales = ".scales", kInputScales = ".input_scales";

// Whether there are any. place begins every message. Errors: kCorrupt for a weight of int8 without its scales or
// that is none of a tower's blocks, scales without their matrix, of another shape or type, or that are not positive
// numbers.
bool check_quantized_tensors(const StateDict& tensors, std::string_view place);

// Puts weights of float32 in the place of all that have passed the check.
void widen_quantized_tensors(StateDict& tensors);

}  // namespace clipkit
