#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "eval/encoder.h"

namespace clipkit {

// The words of label_vocabulary() for a model: what negative labels are mined from.
class RejectWords {
 public:
  // Each word in every template, as labels are; kept in the cache. progress: called with texts done.
  RejectWords(const Encoder& encoder, std::span<const std::string> templates, const std::filesystem::path& cache,
              const std::function<void(int64_t done, int64_t total)>& progress = {});

  int64_t size() const noexcept { return static_cast<int64_t>(words_.size()); }
  // Of words and templates.
  const std::string& sha256() const noexcept { return sha256_; }
  // mine_negatives() for these unit vectors of labels, (M, E). Words that are one of the names in any spelling are left
  // out: they may be unlike most labels and are still one.
  Tensor negatives(Backend& backend, TensorView labels, std::span<const std::string> names) const;

 private:
  std::vector<std::string> words_;
  Tensor features_;
  std::string sha256_;
};

// The digest of the texts of each class, the same in any order of the classes.
std::string digest_in_any_order(std::span<const std::vector<std::string>> prompts);

}  // namespace clipkit
