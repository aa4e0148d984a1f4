#pragma once

namespace clipkit {

// The non-linearity of an MLP. Which one a checkpoint needs belongs to the checkpoint: the wrong one gives plausible
// but worse features.
enum class Activation {
  kQuickGelu,  // x * sigmoid(1.702 x): OpenAI's models
  kGelu,       // 0.5 x (1 + erf(x / sqrt 2)): most of open_clip's
  kGeluTanh,   // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
};

}  // namespace clipkit
