#include "inputs.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace clipkit::peers {

namespace {

constexpr int kLengths[] = {12, 9, 16, 11, 13, 10, 24, 12, 8, 14, 11, 19, 10, 13, 17, 15};

int length_of(int caption, int columns) {
  return std::min(kLengths[static_cast<size_t>(caption) % std::size(kLengths)], columns);
}

}  // namespace

Tensor made_pixels(const ModelConfig& config, int batch) {
  Tensor pixels = Tensor::empty({batch, 3, config.image_size(), config.image_size()});
  for (int64_t i = 0; i < pixels.num_elements(); ++i) {
    pixels.data<float>()[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i)));
  }
  return pixels;
}

Tensor made_captions(const ModelConfig& config, int batch, int columns) {
  const int end = config.text.pooling == TextPooling::kEndId ? config.text.end_id : config.text.vocab_size - 1;
  Tensor tokens = Tensor::zeros({batch, columns}, DType::kInt64);
  for (int n = 0; n < batch; ++n) {
    const auto row = tokens.row<int64_t>(n).first(static_cast<size_t>(length_of(n, columns)));
    for (size_t i = 0; i < row.size(); ++i) row[i] = (n * 7919 + static_cast<int64_t>(i) * 104729) % (end - 1);
    row.back() = end;
  }
  return tokens;
}

int longest_caption(const ModelConfig& config, int batch) {
  int longest = 0;
  for (int n = 0; n < batch; ++n) longest = std::max(longest, length_of(n, config.text.context_length));
  return longest;
}

double caption_gflop(const ModelConfig& config, int batch) {
  double sum = 0;
  for (int n = 0; n < batch; ++n) sum += text_gflop(config, length_of(n, config.text.context_length));
  return sum / batch;
}

}  // namespace clipkit::peers
