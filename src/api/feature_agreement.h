#pragma once

#include <utility>

#include "clipkit/quantize.h"

namespace clipkit {

// All matrices: (N, E) float32, of the same items in the same order.

// found against expected, row by row. A row with a NaN has a cosine of -1.
FeatureAgreement feature_agreement(TensorView found, TensorView expected);

// QuantizeReport's top1_agreement and retrieval_agreement.
std::pair<double, double> ranking_agreement(TensorView found_images, TensorView found_texts, TensorView expected_images,
                                            TensorView expected_texts);

// Of the same items; a tower that is not there leaves its features empty.
struct TowerFeatures {
  Tensor images, texts;
};
// The report, with `passed` by the options' bounds.
QuantizeReport gate(const TowerFeatures& found, const TowerFeatures& expected, const QuantizeOptions& options);

}  // namespace clipkit
