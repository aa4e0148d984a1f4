#include "api/write_checkpoint.h"
#include "base/check.h"
#include "base/json.h"
#include "tensor/convert.h"
#include "train/average_weights.h"

namespace clipkit {

namespace {

void check_same_architecture(const ModelSource& a, const ModelSource& b) {
  const Json of_a = Json::parse(to_json(a.config))["model_cfg"], of_b = Json::parse(to_json(b.config))["model_cfg"];
  for (const auto& [key, value] : of_a.items()) {
    CLIPKIT_CHECK(of_b.value(key, Json()) == value, b.place, ": another architecture than that of ", a.place, ": \"",
                  key, "\" is ", of_b.value(key, Json()).dump(), ", expected ", value.dump());
  }
}

}  // namespace

void average_checkpoints(const std::filesystem::path& first, const std::filesystem::path& second, double alpha,
                         const std::filesystem::path& to, const ConvertOptions& options) {
  CLIPKIT_CHECK(0 <= alpha && alpha <= 1, "alpha is ", alpha, ", expected 0 to 1");
  const ModelSource a = open_model_source(first, {}), b = open_model_source(second, {});
  check_same_architecture(a, b);
  const StateDict from = tensors_to_write(a, {}, DType::kFloat32), other = tensors_to_write(b, {}, DType::kFloat32);
  StateDict result;
  for (const auto& [name, tensor] : from) {
    const auto found = other.find(name);
    if (tensor.dtype() != DType::kFloat32 || found == other.end()) continue;  // BatchNorm's counters
    const Tensor mean = average_weights(tensor, found->second, alpha);
    result.emplace(name, to_dtype(mean, options.dtype.value_or(DType::kFloat32)));
  }
  write_checkpoint(to, a, result, options.layout);
}

}  // namespace clipkit
