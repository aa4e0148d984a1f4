#pragma once

#include "eval/encoder.h"

namespace clipkit {

// What a picture looks like from afar, as a vector of 95 values: the low frequencies (DCT-II) of its brightness and
// colours at 32 x 32 px, without the mean brightness. Each is weighted by its frequency, because pictures hold less of
// the higher ones: then the cosine of different pictures is near 0, and that of copies in other sizes, compressions,
// aspects and slight crops near 1. A picture of one shade of grey has zeros, which are like nothing. Encodes no texts.
Encoder signature_encoder(Backend& backend);

// From here on a pair counts as one picture: docs/evaluation.md has what it finds.
inline constexpr double kSignatureThreshold = 0.9;

}  // namespace clipkit
