#include "train/contrastive_objective.h"

#include "base/concat.h"
#include "ops/reference/reference_backend.h"
#include "support/golden.h"
#include "support/tensors.h"
#include "support/thread_ranks.h"

namespace clipkit {
namespace {

using testing::element;
using testing::expect_close;
using testing::read_golden;
using testing::ThreadRanks;
using testing::to_double;

constexpr double kTolerance = 1e-5;  // of the recordings, which are float32

// Losses and gradients of features that are dealt out over ranks, put together again: gradients of the features as they
// stand below each other, of the scalars as the sum over ranks.
struct Result {
  std::vector<double> loss;  // of each rank
  Tensor dimage, dtext, dlogit_scale, dlogit_bias;
};

Result run(const TensorView& image, const TensorView& text, const TensorView& logit_scale, const TensorView& logit_bias,
           LossGradient gradient, int size) {
  const Shape scalar;
  Result result{std::vector<double>(static_cast<size_t>(size)), Tensor::empty(image.shape(), DType::kFloat64),
                Tensor::empty(text.shape(), DType::kFloat64), Tensor::zeros(scalar, DType::kFloat64),
                Tensor::zeros(scalar, DType::kFloat64)};
  const Tensor images = to_double(image), texts = to_double(text), scale = to_double(logit_scale);
  const Tensor bias = logit_bias ? to_double(logit_bias) : Tensor();
  const auto as_scalar = [&](const TensorView& tensor) { return tensor ? tensor.reshape(scalar) : TensorView{}; };
  ThreadRanks::run(size, [&](Communicator& ranks) {
    const auto backend = make_reference_backend(DType::kFloat64);
    Workspace workspace(*backend);
    const int64_t n = image.shape()[0] / size, begin = n * ranks.rank(), end = begin + n;
    const Tensor dlogit_scale = Tensor::zeros(scalar, DType::kFloat64),
                 dlogit_bias = Tensor::zeros(scalar, DType::kFloat64);
    result.loss[static_cast<size_t>(ranks.rank())] =
        contrastive_objective({*backend, workspace}, ranks, gradient,
                              {.image = images.view().slice(begin, end),
                               .text = texts.view().slice(begin, end),
                               .logit_scale = as_scalar(scale),
                               .logit_bias = as_scalar(bias),
                               .dimage = result.dimage.view().slice(begin, end),
                               .dtext = result.dtext.view().slice(begin, end),
                               .dlogit_scale = dlogit_scale,
                               .dlogit_bias = dlogit_bias});
    ranks.all_reduce_sum(dlogit_scale);
    ranks.all_reduce_sum(dlogit_bias);
    if (ranks.rank() > 0) return;
    *result.dlogit_scale.data<double>() = *dlogit_scale.data<double>();
    *result.dlogit_bias.data<double>() = *dlogit_bias.data<double>();
  });
  return result;
}

TEST(ContrastiveObjective, MatchesTheRecordedLossAndGradients) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "training/losses/clip_batch16.safetensors");
  const StateDict golden = read_golden(path);
  for (const int size : {1, 2, 4}) {
    const Result result = run(golden.at("image_normalised"), golden.at("text_normalised"), golden.at("logit_scale"), {},
                              LossGradient::kExact, size);
    for (const double loss : result.loss) EXPECT_NEAR(loss, element(golden.at("loss"), 0), kTolerance) << size;
    expect_close(result.dimage, golden.at("grad_image_normalised"), kTolerance, kTolerance, concat("image ", size));
    expect_close(result.dtext, golden.at("grad_text_normalised"), kTolerance, kTolerance, concat("text ", size));
    expect_close(result.dlogit_scale, golden.at("grad_logit_scale"), kTolerance, kTolerance, concat("scale ", size));
  }
}

TEST(ContrastiveObjective, MatchesTheRecordedSigmoidLoss) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "training/losses/siglip_batch16.safetensors");
  const StateDict golden = read_golden(path);
  for (const int size : {1, 2, 4}) {
    const Result result = run(golden.at("image_normalised"), golden.at("text_normalised"), golden.at("logit_scale"),
                              golden.at("logit_bias"), LossGradient::kExact, size);
    for (const double loss : result.loss) EXPECT_NEAR(loss, element(golden.at("loss"), 0), kTolerance) << size;
    expect_close(result.dimage, golden.at("grad_image_normalised"), kTolerance, kTolerance, concat("image ", size));
    expect_close(result.dtext, golden.at("grad_text_normalised"), kTolerance, kTolerance, concat("text ", size));
    expect_close(result.dlogit_scale, golden.at("grad_logit_scale"), kTolerance, kTolerance, concat("scale ", size));
    expect_close(result.dlogit_bias, golden.at("grad_logit_bias"), kTolerance, kTolerance, concat("bias ", size));
  }
}

// The recording holds sums over ranks, of which open_clip's data-parallel wrapper takes the mean: that mean is what our
// ranks' gradients add up to.
TEST(ContrastiveObjective, MatchesAllFourRecordedModesOfTwoRanks) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "training/losses/clip_two_ranks.safetensors");
  const StateDict golden = read_golden(path);
  struct Mode {
    const char* recorded;
    LossGradient gradient;
    bool local_loss;  // the rank's own rows' mean was recorded, not that of all
  };
  for (const Mode& mode : {Mode{"local0_gradgather0", LossGradient::kGlobalOnly, false},
                           Mode{"local0_gradgather1", LossGradient::kExact, false},
                           Mode{"local1_gradgather0", LossGradient::kLocalOnly, true},
                           Mode{"local1_gradgather1", LossGradient::kExact, true}}) {
    const std::string name = mode.recorded;
    Result result = run(golden.at("image_normalised"), golden.at("text_normalised"), golden.at("logit_scale"), {},
                        mode.gradient, 2);
    const TensorView recorded = golden.at(name + ".loss_rank");
    for (size_t r = 0; r < 2; ++r) {
      const double expected = mode.local_loss ? (element(recorded, 0) + element(recorded, 1)) / 2
                                              : element(recorded, static_cast<int64_t>(r));
      EXPECT_NEAR(result.loss[r], expected, kTolerance) << name;
    }
    for (const Tensor* tensor : {&result.dimage, &result.dtext, &result.dlogit_scale}) {
      for (double& value : tensor->span<double>()) value *= 2;
    }
    expect_close(result.dimage, golden.at(name + ".grad_image"), kTolerance, kTolerance, name + ": image");
    expect_close(result.dtext, golden.at(name + ".grad_text"), kTolerance, kTolerance, name + ": text");
    expect_close(result.dlogit_scale, golden.at(name + ".grad_logit_scale_sum"), kTolerance, kTolerance, name);
  }
}

}  // namespace
}  // namespace clipkit
