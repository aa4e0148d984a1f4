#include "train/validation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/check.h"
#include "dist/communicator.h"
#include "eval/metrics.h"
#include "train/contrastive_objective.h"
#include "train/host_values.h"

namespace clipkit {

namespace {

constexpr int64_t kBlock = 256;  // queries at once
constexpr size_t kBest = 3;      // captions kept for each picture

// Rows that come in batches.
class Rows {
 public:
  explicit Rows(int64_t width) : width_(width) {}
  void append(const TensorView& rows) {
    values_.insert(values_.end(), rows.data<float>(), rows.data<float>() + rows.num_elements());
  }
  TensorView view() const {
    return {values_.data(), {static_cast<int64_t>(values_.size()) / width_, width_}, DType::kFloat32};
  }

 private:
  int64_t width_;
  std::vector<float> values_;
};

// Calls use(query, similarities) for every query.
template <class Use>
void for_similarities(Backend& b, const TensorView& queries, const TensorView& targets, const Use& use) {
  const int64_t num = queries.shape()[0], others = targets.shape()[0];
  const Tensor block = Tensor::empty({std::min(kBlock, num), others});
  for (int64_t begin = 0; begin < num; begin += kBlock) {
    const int64_t end = std::min(num, begin + kBlock);
    const TensorView rows = block.view().slice(0, end - begin);
    ops::similarity(b, {.a = queries.slice(begin, end), .b = targets, .c = rows});
    for (int64_t q = begin; q < end; ++q) use(q, rows.row<float>(q - begin));
  }
}

double batch_loss(const Context& c, const Clip& model, const TensorView& images, const TensorView& texts) {
  const Workspace::Scope scope(c.workspace);
  const TensorView image = c.sums(images.shape()), text = c.sums(images.shape()), dimage = c.sums(images.shape()),
                   dtext = c.sums(images.shape());
  c.backend.assign(images, image);
  c.backend.assign(texts, text);
  const auto alone = single_process();
  return contrastive_objective(
      c, *alone, LossGradient::kExact,
      {.image = image, .text = text, .logit_scale = model.logit_scale.value, .dimage = dimage, .dtext = dtext});
}

void normalize(Backend& b, const Tensor& rows) {
  ops::normalize_rows(b, {.x = rows, .y = rows});
}

ZeroShotAccuracy zero_shot(Backend& b, const TensorView& images, const std::vector<int64_t>& samples,
                           const ValidationClasses& classes) {
  ZeroShotAccuracy result;
  for_similarities(b, images, classes.classifier, [&](int64_t picture, std::span<const float> similarity) {
    const int64_t right = classes.of_sample[static_cast<size_t>(samples[static_cast<size_t>(picture)])];
    if (right < 0) return;
    const int64_t better = rank_among<float>(similarity, right);
    ++result.num_pictures;
    result.top_1 += better < 1;
    result.top_5 += better < 5;
  });
  const auto count = static_cast<double>(std::max<int64_t>(1, result.num_pictures));
  result.top_1 /= count;
  result.top_5 /= count;
  return result;
}

// ASCII alone: class names that differ in the case of other letters are no use.
std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

std::vector<int64_t> classes_of(const PairSource& pairs, const std::vector<std::string>& names) {
  std::map<std::string, int64_t> index;
  for (size_t i = 0; i < names.size(); ++i) index.emplace(lower(names[i]), static_cast<int64_t>(i));
  std::vector<int64_t> classes(static_cast<size_t>(pairs.size()), -1);
  bool any = false;
  for (int64_t i = 0; i < pairs.size(); ++i) {
    std::vector<std::string> captions;
    try {
      captions = pairs.read(i).captions;
    } catch (const Error&) {
      continue;  // the loader leaves it out and counts it
    }
    for (const std::string& caption : captions) {
      const auto found = index.find(lower(caption));
      if (found == index.end()) continue;
      classes[static_cast<size_t>(i)] = found->second;
      any = true;
      break;
    }
  }
  CLIPKIT_CHECK(any, "no validation picture has one of the ", names.size(), " class names for a caption, such as \"",
                names.empty() ? "" : names.front(), "\"");
  return classes;
}

ValidationResult validate(const Context& c, const Clip& model, PairLoader& pairs, const ValidationClasses* classes) {
  ValidationResult result;
  Rows images(model.config.embed_dim), texts(model.config.embed_dim);
  int64_t batches = 0;
  pairs.seek(0, 0);
  while (const PairBatch* batch = pairs.next()) {
    const auto n = static_cast<int64_t>(batch->samples.size());
    if (n == 0) continue;  // none could be read
    const Tensor image = model.encode_pixels(c, batch->pixels.slice(0, n), Output::kFeatures),
                 caption = model.encode_tokens(c, batch->caption_tokens, Output::kFeatures);
    normalize(c.backend, image);
    normalize(c.backend, caption);
    const Tensor first = Tensor::empty(image.shape());
    for (size_t i = batch->caption_rows.size(); i-- > 0;) {
      const auto from = caption.row<float>(static_cast<int64_t>(i));
      std::copy(from.begin(), from.end(), first.row<float>(batch->caption_rows[i]).begin());
    }
    result.loss += batch_loss(c, model, image, first);
    ++batches;
    images.append(image);
    texts.append(caption);
    for (const int64_t row : batch->caption_rows) result.caption_rows.push_back(result.num_pictures + row);
    result.samples.insert(result.samples.end(), batch->samples.begin(), batch->samples.end());
    result.num_pictures += n;
  }
  result.num_captions = static_cast<int64_t>(result.caption_rows.size());
  if (batches == 0) return result;
  result.loss /= static_cast<double>(batches);

  if (classes != nullptr) result.zero_shot = zero_shot(c.backend, images.view(), result.samples, *classes);
  const RetrievalRanks ranks = retrieval_ranks(c.backend, images.view(), texts.view(), result.caption_rows);
  result.image_to_text = retrieval_recall(ranks.image_to_text);
  result.text_to_image = retrieval_recall(ranks.text_to_image);
  for_similarities(c.backend, images.view(), texts.view(), [&](int64_t, std::span<const float> similarity) {
    std::vector<ValidationResult::Match> matches;
    for (size_t i = 0; i < similarity.size(); ++i) matches.push_back({static_cast<int64_t>(i), similarity[i]});
    const auto kept = static_cast<std::ptrdiff_t>(std::min(kBest, matches.size()));
    std::partial_sort(matches.begin(), matches.begin() + kept, matches.end(),
                      [](const auto& a, const auto& b) { return a.similarity > b.similarity; });
    matches.resize(static_cast<size_t>(kept));
    result.best_captions.push_back(std::move(matches));
  });
  return result;
}

}  // namespace clipkit
