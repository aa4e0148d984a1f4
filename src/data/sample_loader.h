#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "clipkit/preprocess.h"
#include "clipkit/tokenizer.h"
#include "data/augment.h"
#include "data/pair_source.h"
#include "data/sample_order.h"

namespace clipkit {

// How pairs become what the towers take.
struct SampleConfig {
  // True: samples in a random order, augmented, one caption of each drawn, samples that cannot be read replaced.
  // False: in the order of the source, with the exact preprocessing and all captions; what cannot be read is left out.
  bool training = true;
  uint64_t seed = 0;
  int64_t shuffle_buffer = 0;  // see sample_order.h
  PreprocessConfig preprocess{};
  AugmentConfig augment{};
  int context_length = 77;  // longer captions are truncated
  int32_t pad_token = 0;
  int64_t max_image_pixels = 25'000'000;  // larger pictures count as unreadable
};

// Turns a place in the order of training into pixels and tokens: all that a thread of the loader does, without the
// threads. Results depend on source, configuration, epoch and place alone. Thread-safe.
class SampleLoader {
 public:
  static constexpr int kMaxAttempts = 64;
  static constexpr size_t kFailuresShown = 10;

  // Errors: kInvalidArgument for a configuration out of range.
  SampleLoader(std::shared_ptr<const PairSource> pairs, std::shared_ptr<const Tokenizer> tokenizer,
               const SampleConfig& config);

  const SampleConfig& config() const noexcept { return config_; }
  // Samples of an epoch.
  int64_t epoch_size() const noexcept;

  struct Loaded {
    int64_t sample = -1;                       // whose pixels and tokens they are; -1 if it is left out
    std::vector<int32_t> caption_tokens = {};  // not in training: a row of context_length for each caption
  };
  // Fills pixels (3, H, W) and tokens (context_length: the drawn caption, or the first). A sample that cannot be read
  // is noted; in training another one takes its place, drawn from (seed, epoch, position, attempt) and nothing else.
  // Errors: kCorrupt if kMaxAttempts samples one after the other cannot be read.
  Loaded load(int64_t epoch, int64_t position, std::span<float> pixels, std::span<int32_t> tokens) const;

  // Samples that could not be read, each as often as it was tried; and the first kFailuresShown of them with the
  // reason.
  int64_t num_failed() const;
  std::vector<std::string> failures() const;

 private:
  SampleDraw draw(int64_t epoch, int64_t position) const;
  Loaded load_sample(int64_t epoch, const SampleDraw& draw, std::span<float> pixels, std::span<int32_t> tokens) const;
  std::string note_failure(int64_t sample, const std::string& reason) const;

  const std::shared_ptr<const PairSource> pairs_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  const SampleConfig config_;
  const SampleOrder order_;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::map<int64_t, std::shared_ptr<const SampleOrder::Epoch>> epochs_;
  mutable int64_t num_failed_ = 0;
  mutable std::vector<std::pair<int64_t, std::string>> failures_;
};

}  // namespace clipkit
