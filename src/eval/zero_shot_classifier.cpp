#include "eval/zero_shot_classifier.h"

#include <algorithm>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sha256.h"
#include "clipkit/prompts.h"
#include "clipkit/tensor_file.h"

namespace clipkit {

namespace {

constexpr size_t kTextsAtOnce = 2048;

void normalize(Backend& backend, const Tensor& rows) {
  run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = rows, .y = rows}); });
}

std::string sha256_of(const TensorView& tensor) {
  return sha256_hex(tensor.raw(), tensor.bytes());
}

}  // namespace

std::vector<std::vector<std::string>> class_prompts(std::span<const std::vector<std::string>> classes,
                                                    std::span<const std::string> templates) {
  std::vector<std::vector<std::string>> prompts;
  for (const auto& names : classes) {
    std::vector<std::string>& texts = prompts.emplace_back();
    for (const std::string& name : names) {
      for (const std::string& prompt : templates) texts.push_back(fill_template(prompt, name));
    }
  }
  return prompts;
}

Tensor zero_shot_classifier(Backend& backend, std::span<const std::vector<std::string>> prompts,
                            const std::function<Tensor(std::span<const std::string>)>& encode_texts,
                            const std::function<void(int64_t)>& progress) {
  std::vector<std::string> texts;
  std::vector<size_t> class_of;
  for (size_t c = 0; c < prompts.size(); ++c) {
    CLIPKIT_CHECK(!prompts[c].empty(), "a classifier needs at least one text for each class; class ", c, " has none");
    texts.insert(texts.end(), prompts[c].begin(), prompts[c].end());
    class_of.insert(class_of.end(), prompts[c].size(), c);
  }
  CLIPKIT_CHECK(!texts.empty(), "a classifier needs at least one class");
  Tensor classifier;
  for (size_t begin = 0; begin < texts.size(); begin += kTextsAtOnce) {
    const size_t count = std::min(kTextsAtOnce, texts.size() - begin);
    const Tensor features = encode_texts(std::span(texts).subspan(begin, count));
    normalize(backend, features);
    if (!classifier) classifier = Tensor::zeros({static_cast<int64_t>(prompts.size()), features.shape()[1]});
    for (size_t i = 0; i < count; ++i) {
      const auto sum = classifier.row<float>(static_cast<int64_t>(class_of[begin + i])),
                 feature = features.row<float>(static_cast<int64_t>(i));
      for (size_t d = 0; d < sum.size(); ++d) sum[d] += feature[d];
    }
    if (progress) progress(static_cast<int64_t>(begin + count));
  }
  normalize(backend, classifier);  // dividing the sums by the numbers of texts would change nothing
  return classifier;
}

Tensor cached_classifier(const Encoder& encoder, std::span<const std::vector<std::string>> prompts,
                         const std::filesystem::path& cache, const std::function<void(int64_t)>& progress) {
  const auto make = [&] { return zero_shot_classifier(*encoder.backend, prompts, encoder.encode_texts, progress); };
  if (cache.empty()) return make();
  OrderedJson made_with = {{"layout", 1}, {"model", encoder.fingerprint}, {"prompts", prompts}};
  const std::string text = made_with.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  const std::string key = sha256_hex(text.data(), text.size());
  const std::filesystem::path path = cache / ("classifier-" + key.substr(0, 24) + ".safetensors");
  try {
    NamedTensors file = read_tensor_file(path);
    Tensor& found = file.tensors["classifier"];
    const Shape shape = {static_cast<int64_t>(prompts.size()), encoder.embed_dim};
    if (file.metadata["made_with"] == key && found && found.dtype() == DType::kFloat32 && found.shape() == shape &&
        sha256_of(found) == file.metadata["sha256"]) {
      return Tensor::copy_of(found);
    }
  } catch (const Error&) {
    // not there, or not whole
  }
  Tensor classifier = make();
  std::error_code error;
  std::filesystem::create_directories(cache, error);
  NamedTensors file;
  file.metadata = {{"made_with", key}, {"sha256", sha256_of(classifier)}};
  file.tensors.emplace("classifier", Tensor(classifier.view(), classifier.owner()));
  try {
    write_tensor_file(path, file);
  } catch (const Error& failed) {
    log_warning(failed.what(), "; it will be computed again");
  }
  return classifier;
}

int64_t count_cut(const Encoder& encoder, std::span<const std::vector<std::string>> prompts) {
  std::vector<std::string> all;
  for (const auto& texts : prompts) all.insert(all.end(), texts.begin(), texts.end());
  return encoder.count_cut(all);
}

std::string prompts_digest(std::span<const std::vector<std::string>> prompts) {
  const std::string text = OrderedJson(prompts).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return sha256_hex(text.data(), text.size());
}

}  // namespace clipkit
