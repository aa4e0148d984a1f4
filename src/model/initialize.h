#pragma once

#include <cstdint>

#include "model/clip.h"

namespace clipkit {

// Gives every parameter the value that training from nothing starts with (CLIP section 2.5 and the released code's
// rules, models.md section 7). Depends on the architecture and the seed alone.
void initialize(Clip& model, uint64_t seed);

// The temperature's start: ln(1 / 0.07).
inline constexpr double kInitialLogitScale = 2.6592600369;

}  // namespace clipkit
