#include <gtest/gtest.h>

#include <cstring>

#include "clipkit/clipkit.h"
#include "support/bf16.h"
#include "support/tensors.h"

// An item's features must not depend on the batch that it came in, nor on the number of threads.

namespace clipkit {
namespace {

Tensor made_up_pixels(int64_t N, int64_t size) {
  Tensor pixels = Tensor::empty({N, 3, size, size});
  uint32_t state = 1;
  for (float& value : pixels.span<float>()) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(state >> 8) / static_cast<float>(1 << 22) - 2.0f;
  }
  return pixels;
}

// Texts of 2 to `longest` tokens.
Tensor made_up_tokens(int64_t N, int64_t context, int32_t vocab, int64_t longest) {
  Tensor tokens = Tensor::zeros({N, context}, DType::kInt32);
  for (int64_t n = 0; n < N; ++n) {
    const int64_t length = 2 + (5 * n + 3) % (longest - 1);
    for (int64_t i = 0; i + 1 < length; ++i)
      tokens.row<int32_t>(n)[static_cast<size_t>(i)] = static_cast<int32_t>((97 * n + 31 * i) % (vocab - 1));
    tokens.row<int32_t>(n)[static_cast<size_t>(length - 1)] = vocab - 1;
  }
  return tokens;
}

struct Case {
  const char* name;
  Precision precision;
};
class SameBits : public ::testing::TestWithParam<Case> {};

TEST_P(SameBits, InAnyBatchAndWithAnyNumberOfThreads) {
  const Case& c = GetParam();
  if (c.precision == Precision::kBFloat16) CLIPKIT_BF16_OR_SKIP();
  constexpr int64_t kItems = 19;
  LoadOptions options;
  options.precision = c.precision;
  options.threads = 1;
  const Model first = load(std::string("generated:") + c.name, options);
  const ModelConfig& config = first.config();
  const Tensor pixels = made_up_pixels(kItems, config.image_size());
  const Tensor tokens = made_up_tokens(kItems, config.text.context_length, config.text.vocab_size, 77);
  const Tensor image = first.encode_pixels(pixels), text = first.encode_tokens(tokens);
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    const Model model = load(std::string("generated:") + c.name, options);
    for (const int64_t batch : {1, 3, 8, 19}) {
      for (int64_t begin = 0; begin + batch <= kItems; begin += batch) {
        const int64_t end = begin + batch;
        ASSERT_TRUE(
            testing::same_bits(model.encode_pixels(pixels.view().slice(begin, end)), image.view().slice(begin, end)))
            << "pictures " << begin << " to " << end << ", " << threads << " threads";
        ASSERT_TRUE(
            testing::same_bits(model.encode_tokens(tokens.view().slice(begin, end)), text.view().slice(begin, end)))
            << "texts " << begin << " to " << end << ", " << threads << " threads";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Mini, SameBits,
                         ::testing::Values(Case{"mini-vit", Precision::kFloat32}, Case{"mini-rn", Precision::kFloat32},
                                           Case{"mini-vit", Precision::kBFloat16},
                                           Case{"mini-rn", Precision::kBFloat16}),
                         [](const auto& test) {
                           return std::string(test.param.name == std::string("mini-vit") ? "Vit" : "ResNet") +
                                  (test.param.precision == Precision::kFloat32 ? "Fp32" : "Bf16");
                         });

TEST(FullSizeSameBits, OfViTB32AndRN50InBatchesOf1And5) {
  for (const char* name : {"ViT-B/32", "RN50-quickgelu"}) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
      if (precision == Precision::kBFloat16 && measure_peak().bf16_gflops == 0) continue;
      LoadOptions options;
      options.precision = precision;
      const Model two_threads = load(std::string("generated:") + name, options);
      options.threads = 1;
      const Model one_thread = load(std::string("generated:") + name, options);
      const Tensor pixels = made_up_pixels(5, 224), tokens = made_up_tokens(5, 77, 49408, 30);
      const Tensor image = two_threads.encode_pixels(pixels), text = two_threads.encode_tokens(tokens);
      EXPECT_TRUE(testing::same_bits(one_thread.encode_pixels(pixels), image));
      EXPECT_TRUE(testing::same_bits(one_thread.encode_tokens(tokens), text));
      for (int64_t n = 0; n < 5; ++n) {
        EXPECT_TRUE(
            testing::same_bits(two_threads.encode_pixels(pixels.view().slice(n, n + 1)), image.view().slice(n, n + 1)))
            << name;
        EXPECT_TRUE(
            testing::same_bits(one_thread.encode_tokens(tokens.view().slice(n, n + 1)), text.view().slice(n, n + 1)))
            << name;
      }
    }
  }
}

}  // namespace
}  // namespace clipkit
