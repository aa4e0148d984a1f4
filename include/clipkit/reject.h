#pragma once

// "None of these": to tell pictures that no label fits. docs/evaluation.md.

namespace clipkit {

// How much a picture is one of the labels; larger is surer.
enum class RejectScore {
  kMcm,          // maximum concept matching: the largest softmax of cosines at temperature 1 (Ming et al. 2022)
  kProbability,  // the same at the model's own scale: the largest probability that classify prints
  kCosine,       // the largest cosine
  kNegLabel,     // share of the softmax that is not on words unlike all labels (Jiang et al. 2024)
};

}  // namespace clipkit
