#include "model/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/compute_thread.h"
#include "checkpoint/quantized_tensors.h"
#include "model/config_source.h"
#include "model/generated_weights.h"
#include "ops/reference/reference_backend.h"
#include "support/made_inputs.h"
#include "support/planted_channels.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

struct BothFeatures {
  Tensor images, texts;
};

// A small model of made-up weights on the reference backend.
class Quantize : public ::testing::Test {
 protected:
  Clip clip_of(const StateDict& tensors) const {
    Clip clip(config_, true, true);
    clip.load(tensors, {}, "test");
    return clip;
  }
  BothFeatures run(Clip clip, InputSamples* samples = nullptr) const {
    if (samples != nullptr) samples->watch(clip);
    clip.prepare(*backend_);
    Workspace workspace(*backend_);
    const Context c{*backend_, workspace};
    return {clip.encode_pixels(c, pixels_, Output::kFeatures), clip.encode_tokens(c, tokens_, Output::kFeatures)};
  }
  StateDict quantized(const StateDict& tensors, Smoothing smoothing) const {
    InputSamples samples;
    run(clip_of(tensors), &samples);
    StateDict result;
    run_on_compute_thread([&] { result = quantize_weights(tensors, samples, smoothing, *backend_); });
    return result;
  }
  // The lowest of all pictures and texts.
  static double cosine(const BothFeatures& a, const BothFeatures& b) {
    double lowest = 1;
    for (const auto& [x, y] : {std::pair(&a.images, &b.images), {&a.texts, &b.texts}}) {
      for (int64_t n = 0; n < x->shape()[0]; ++n) {
        double dot = 0, xx = 0, yy = 0;
        for (int64_t d = 0; d < x->shape()[1]; ++d) {
          const double left = x->row<float>(n)[static_cast<size_t>(d)],
                       right = y->row<float>(n)[static_cast<size_t>(d)];
          dot += left * right;
          xx += left * left;
          yy += right * right;
        }
        lowest = std::min(lowest, dot / std::sqrt(xx * yy));
      }
    }
    return lowest;
  }

  std::unique_ptr<Backend> backend_ = make_reference_backend(DType::kFloat32);
  ModelConfig config_ = config_by_name_or_file("mini-vit");
  StateDict tensors_ = generate_weights(config_);
  Tensor pixels_ = testing::made_pixels(config_, 6);
  Tensor tokens_ = to_dtype_of_ids(testing::made_tokens(config_, 6, 12));

 private:
  static Tensor to_dtype_of_ids(const Tensor& wide) {
    Tensor narrow = Tensor::empty(wide.shape(), DType::kInt32);
    for (int64_t i = 0; i < wide.num_elements(); ++i) {
      narrow.data<int32_t>()[i] = static_cast<int32_t>(wide.data<int64_t>()[i]);
    }
    return narrow;
  }
};

TEST_F(Quantize, KeepsWhatTheModelSays) {
  const BothFeatures exact = run(clip_of(tensors_));
  const StateDict small = quantized(tensors_, Smoothing::kCalibrated);
  EXPECT_TRUE(check_quantized_tensors(small, "test"));
  // Steps of 1/255 and 1/127 of the largest in each product of 128 inputs and more: angles of a hundredth.
  EXPECT_GT(cosine(run(clip_of(small)), exact), 0.999);
}

TEST_F(Quantize, TakesTheMatricesOfBlocksAloneAndAllOfThem) {
  const StateDict small = quantized(tensors_, Smoothing::kNone);
  int matrices = 0;
  for (const auto& [name, tensor] : small) {
    const bool is_int8 = tensor.dtype() == DType::kInt8;
    matrices += is_int8;
    EXPECT_EQ(is_int8, small.contains(name + ".scales")) << name;
    EXPECT_TRUE(!is_int8 || name.find("resblocks.") != std::string::npos) << name;
  }
  EXPECT_EQ(matrices, 2 * 2 * 4);  // towers, blocks, matrices of a block
}

TEST_F(Quantize, HoldsChannelsThatAreFiftyTimesLargerThanTheRest) {
  const StateDict planted =
      testing::with_planted_channels(testing::with_planted_channels(tensors_, "visual.", 2, 128), "", 2, 128);
  const BothFeatures exact = run(clip_of(tensors_));
  ASSERT_GT(cosine(run(clip_of(planted)), exact), 1 - 1e-6);  // they change nothing but bits
  const double plain = cosine(run(clip_of(quantized(planted, Smoothing::kNone))), exact),
               calibrated = cosine(run(clip_of(quantized(planted, Smoothing::kCalibrated))), exact);
  std::printf("planted channels: cosine %.4f with plain scales, %.5f calibrated\n", plain, calibrated);
  EXPECT_LT(plain, 0.97);
  EXPECT_GT(calibrated, 0.999);
}

TEST_F(Quantize, WidensToTheMatricesThatTheBytesStandFor) {
  StateDict small = quantized(tensors_, Smoothing::kCalibrated);
  widen_quantized_tensors(small);
  EXPECT_EQ(small.size(), tensors_.size());
  for (const auto& [name, tensor] : tensors_) {
    const auto found = small.find(name);
    ASSERT_NE(found, small.end()) << name;
    ASSERT_EQ(found->second.shape(), tensor.shape()) << name;
    ASSERT_NE(found->second.dtype(), DType::kInt8) << name;
  }
  EXPECT_GT(cosine(run(clip_of(small)), run(clip_of(tensors_))), 0.999);
}

}  // namespace
}  // namespace clipkit
