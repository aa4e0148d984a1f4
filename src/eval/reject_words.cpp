#include "eval/reject_words.h"

#include <algorithm>
#include <unordered_set>

#include "clipkit/prompts.h"
#include "eval/reject_scores.h"
#include "eval/zero_shot_classifier.h"
#include "text/near_names.h"

namespace clipkit {

RejectWords::RejectWords(const Encoder& encoder, std::span<const std::string> templates,
                         const std::filesystem::path& cache,
                         const std::function<void(int64_t done, int64_t total)>& progress)
    : words_(label_vocabulary()) {
  std::vector<std::vector<std::string>> classes;
  for (const std::string& word : words_) classes.push_back({word});
  const auto prompts = class_prompts(classes, templates);
  const auto total = static_cast<int64_t>(prompts.size() * templates.size());
  features_ = cached_classifier(encoder, prompts, cache, [&](int64_t done) {
    if (progress) progress(done, total);
  });
  sha256_ = digest_in_any_order(prompts);
}

Tensor RejectWords::negatives(Backend& backend, TensorView labels, std::span<const std::string> names) const {
  std::unordered_set<std::string> taken;
  for (const std::string& name : names) taken.insert(plain_name(name));
  std::vector<int64_t> free;
  for (size_t i = 0; i < words_.size(); ++i) {
    if (!taken.contains(plain_name(words_[i]))) free.push_back(static_cast<int64_t>(i));
  }
  const Tensor candidates = take_rows(features_, free);
  return take_rows(candidates, mine_negatives(backend, candidates, labels));
}

std::string digest_in_any_order(std::span<const std::vector<std::string>> prompts) {
  std::vector<std::vector<std::string>> sorted(prompts.begin(), prompts.end());
  std::sort(sorted.begin(), sorted.end());
  return prompts_digest(sorted);
}

}  // namespace clipkit
