#include <algorithm>
#include <chrono>
#include <vector>

#include "base/check.h"
#include "clipkit/benchmark.h"

namespace clipkit {

namespace {

template <class Work>
Timing time_batches(int64_t batch, double min_seconds, const Work& work) {
  using Clock = std::chrono::steady_clock;
  constexpr size_t kMinRuns = 5;
  work();  // plans are made, memory is touched
  std::vector<double> ms;
  const auto begin = Clock::now();
  do {
    const auto start = Clock::now();
    work();
    ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count() / static_cast<double>(batch));
  } while (ms.size() < kMinRuns || std::chrono::duration<double>(Clock::now() - begin).count() < min_seconds);
  std::sort(ms.begin(), ms.end());
  return {
      .batch = batch, .runs = static_cast<int64_t>(ms.size()), .best_ms = ms.front(), .median_ms = ms[ms.size() / 2]};
}

}  // namespace

Timing time_image_encoder(const Model& model, int64_t batch, double min_seconds) {
  CLIPKIT_CHECK(batch >= 1, "batch is ", batch, ", expected 1 or more");
  const int64_t size = model.config().image_size();
  const Tensor pixels = Tensor::empty({batch, 3, size, size});
  const auto values = pixels.span<float>();
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 251) / 125.0f - 1.0f;
  return time_batches(batch, min_seconds, [&] { (void)model.encode_pixels(pixels); });
}

Timing time_text_encoder(const Model& model, int64_t batch, int num_tokens, double min_seconds) {
  const TextConfig& text = model.config().text;
  CLIPKIT_CHECK(batch >= 1, "batch is ", batch, ", expected 1 or more");
  CLIPKIT_CHECK(num_tokens >= 2 && num_tokens <= text.context_length, "texts of ", num_tokens,
                " tokens, expected 2 to ", text.context_length);
  const Tensor tokens = Tensor::zeros({batch, text.context_length}, DType::kInt32);
  for (int64_t n = 0; n < batch; ++n) {
    const auto row = tokens.row<int32_t>(n);
    for (int i = 0; i + 1 < num_tokens; ++i)
      row[static_cast<size_t>(i)] = static_cast<int32_t>((7 * n + 31 * i) % (text.vocab_size - 1));
    row[static_cast<size_t>(num_tokens - 1)] = text.vocab_size - 1;
  }
  return time_batches(batch, min_seconds, [&] { (void)model.encode_tokens(tokens); });
}

}  // namespace clipkit
