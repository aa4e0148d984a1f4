#include "data/sample_loader.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"

namespace clipkit {

SampleLoader::SampleLoader(std::shared_ptr<const PairSource> pairs, std::shared_ptr<const Tokenizer> tokenizer,
                           const SampleConfig& config)
    : pairs_(std::move(pairs)),
      tokenizer_(std::move(tokenizer)),
      config_(config),
      order_(pairs_->shards(), config.seed, config.shuffle_buffer) {
  check(config.augment);
  CLIPKIT_CHECK(config.context_length >= 2, "context_length is ", config.context_length, ", expected at least 2");
  CLIPKIT_CHECK(config.max_image_pixels > 0, "max_image_pixels is ", config.max_image_pixels);
  // A preprocessing that cannot work must fail here, and not once for each sample.
  Image pixel;
  pixel.width = pixel.height = 1;
  pixel.pixels.resize(3);
  resize_and_crop(pixel, config.preprocess);
}

int64_t SampleLoader::epoch_size() const noexcept {
  return config_.training ? order_.epoch_size() : pairs_->size();
}

SampleDraw SampleLoader::draw(int64_t epoch, int64_t position) const {
  if (!config_.training) return {position, 0};
  std::shared_ptr<const SampleOrder::Epoch> order;
  {
    const std::lock_guard lock(mutex_);
    auto& known = epochs_[epoch];
    if (!known) known = std::make_shared<SampleOrder::Epoch>(order_.epoch(static_cast<uint32_t>(epoch)));
    order = known;
    // At the border of two epochs threads work on both.
    if (epochs_.size() > 2) epochs_.erase(epochs_.begin()->first == epoch ? std::prev(epochs_.end()) : epochs_.begin());
  }
  return (*order)[position];
}

SampleLoader::Loaded SampleLoader::load(int64_t epoch, int64_t position, std::span<float> pixels,
                                        std::span<int32_t> tokens) const {
  std::string reason;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    int64_t place = position;
    if (attempt > 0) {
      Random random(config_.seed, RandomUse::kReplacement, static_cast<uint32_t>(epoch),
                    static_cast<uint64_t>(position) * kMaxAttempts + static_cast<uint64_t>(attempt));
      place = static_cast<int64_t>(random.below(static_cast<uint64_t>(epoch_size())));
    }
    const SampleDraw drawn = draw(epoch, place);
    try {
      return load_sample(epoch, drawn, pixels, tokens);
    } catch (const Error& error) {
      reason = note_failure(drawn.sample, error.what());
    }
    if (!config_.training) return {};
  }
  fail(ErrorCode::kCorrupt, kMaxAttempts, " samples one after the other could not be read, the last one: ", reason);
}

SampleLoader::Loaded SampleLoader::load_sample(int64_t epoch, const SampleDraw& drawn, std::span<float> pixels,
                                               std::span<int32_t> tokens) const {
  const EncodedPair pair = pairs_->read(drawn.sample);
  const auto file = std::as_bytes(std::span(pair.picture));
  const DecodeOptions decode{.max_pixels = config_.max_image_pixels};
  const TokenizeOptions tokenize{config_.context_length, Overflow::kTruncate, config_.pad_token};
  Loaded loaded{drawn.sample};
  if (config_.training) {
    // Each repetition of a sample has numbers of its own.
    const auto place = static_cast<uint64_t>(drawn.sample + drawn.repetition * pairs_->size());
    const auto random = [&](RandomUse use) { return Random(config_.seed, use, static_cast<uint32_t>(epoch), place); };
    const size_t chosen = random(RandomUse::kCaption).below(pair.captions.size());
    const Tensor row = tokenizer_->tokenize(std::span(pair.captions).subspan(chosen, 1), tokenize);
    std::copy_n(row.data<int32_t>(), tokens.size(), tokens.begin());
    augment_picture(file, pair.name, config_.augment, config_.preprocess, decode, random(RandomUse::kAugmentation),
                    pixels);
  } else {
    for (const std::string& caption : pair.captions) {  // one by one: several would wake the compute threads
      const Tensor row = tokenizer_->tokenize(std::span(&caption, 1), tokenize);
      loaded.caption_tokens.insert(loaded.caption_tokens.end(), row.span<int32_t>().begin(), row.span<int32_t>().end());
    }
    std::copy_n(loaded.caption_tokens.begin(), tokens.size(), tokens.begin());
    normalize(resize_and_crop(decode_image(file, pair.name, decode), config_.preprocess), config_.preprocess, pixels);
  }
  return loaded;
}

// Returns the reason with the sample's name before it.
std::string SampleLoader::note_failure(int64_t sample, const std::string& reason) const {
  std::string named = reason;
  try {
    const std::string name = pairs_->name(sample);
    if (reason.find(name) == std::string::npos) named = concat(name, ": ", reason);
  } catch (const Error&) {  // then the reason is the same as for the name
  }
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    ++num_failed_;
    is_new = failures_.size() < kFailuresShown &&
             std::none_of(failures_.begin(), failures_.end(), [&](const auto& f) { return f.first == sample; });
    if (is_new) failures_.emplace_back(sample, named);
  }
  if (is_new) log(LogLevel::kWarning, concat("left out: ", named));
  return named;
}

int64_t SampleLoader::num_failed() const {
  const std::lock_guard lock(mutex_);
  return num_failed_;
}

std::vector<std::string> SampleLoader::failures() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [sample, reason] : failures_) all.push_back(reason);
  return all;
}

}  // namespace clipkit
