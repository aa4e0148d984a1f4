#pragma once

#include "clipkit/model.h"
#include "eval/encoder.h"

namespace clipkit {

// The model as evaluation and filtering see it: both are borrowed. fingerprint is left empty. backend: compares
// features.
Encoder encoder_of(const Model& model, Backend& backend);

}  // namespace clipkit
