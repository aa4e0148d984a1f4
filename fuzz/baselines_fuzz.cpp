// layer: eval
// Bytes from outside as a table of other models, and as an earlier result: accuracies are between 0 and 1, and a line
// is a line, or it is an error.
#include <cmath>

#include "clipkit/error.h"
#include "eval/robustness_table.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  static const LabelledSet set{.key = "imagenet_a", .title = "ImageNet-A", .path = {}, .split = {}};
  const MemoryFile file(data, size);
  try {
    const auto models = BaselineTable(file.path()).of(set);
    for (const auto& model : models) {
      if (!(model.reference > 0 && model.reference < 1 && model.shifted > 0 && model.shifted < 1)) __builtin_trap();
    }
    if (models.size() < 2 || !std::isfinite(fit_logit_line(models).slope)) __builtin_trap();
  } catch (const Error&) {
  }
  try {
    for (const auto& [sha, accuracy] :
         parse_earlier_robustness({reinterpret_cast<const char*>(data), size}, "fuzz").accuracy_of)
      if (!(accuracy >= 0 && accuracy <= 1)) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
