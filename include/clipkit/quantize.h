#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/export.h"
#include "clipkit/image.h"
#include "clipkit/model.h"

namespace clipkit {

// How near the features of the int8 model come to those of the float32 model, by cosine.
struct FeatureAgreement {
  int64_t items = 0;
  double median = 1;
  double worst = 1;  // the mean of the lowest hundredth, of one item at least
};

struct QuantizeReport {
  std::optional<FeatureAgreement> images, texts;  // of the towers that are there
  // With both towers: the share of pictures whose nearest text is the same, and, averaged over the texts, the share of
  // a text's five nearest pictures that are among the five again. Two that are equally near count as the same.
  std::optional<double> top1_agreement, retrieval_agreement;
  bool passed = false;   // all of the bounds
  bool written = false;  // the checkpoint
};

struct QuantizeOptions {
  // Every other one calibrates, the rest are the gate; at least 4. Empty: pictures that clipkit draws, and prompts of
  // class names that come with it. Real towers want real pictures, a hundred or more of the kind they will see.
  std::vector<Image> images;
  std::vector<std::string> texts;
  // The gate. Median and worst hundredth of the cosines, of each tower; shares of agreement.
  double min_median = 0.995, min_worst = 0.98, min_top1 = 0.9, min_retrieval = 0.85;
  bool write_below_bounds = false;
};

// Writes a checkpoint whose transformer blocks have weights of int8 (docs/formats/quantized.md), with its configuration
// and tokenizer, as a folder of open_clip's layout; Precision::kInt8 runs it, any other precision reads it as the
// float32 weights that the bytes stand for. Convolutions stay as they are, so of a ResNet the text tower alone gains.
// Nothing is written where a bound is missed, unless asked for. Errors: those of load() and convert_checkpoint();
// kInvalidArgument for fewer than 4 pictures or texts; kUnsupported for a model without transformer blocks, or whose
// texts cannot be encoded because it has another vocabulary than its tokenizer.
CLIPKIT_API QuantizeReport quantize_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to,
                                               const QuantizeOptions& options = {},
                                               const LoadOptions& load_options = {});

}  // namespace clipkit
