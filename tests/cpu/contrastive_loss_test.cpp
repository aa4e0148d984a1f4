#include <sys/resource.h>

#include <cstring>

#include "base/concat.h"
#include "base/parallel.h"
#include "cpu/cpu_testing.h"

// The losses of the CPU beside the reference's in float64.

namespace clipkit {
namespace {

using testing::random_tensor;
using testing::to_double;

Tensor scalar(float value) {
  Tensor tensor = Tensor::empty({});
  *tensor.data<float>() = value;
  return tensor;
}

long peak_resident_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

class CpuContrastiveLoss : public testing::CpuBackendTest {
 protected:
  Tensor unit_rows(int64_t rows, int64_t width, uint32_t seed) {
    Tensor tensor = random_tensor({rows, width}, seed);
    ops::normalize_rows(*cpu_, {.x = tensor, .y = tensor});
    return tensor;
  }
  // Logits are at most exp(logit_scale) and off by gamma(E) times that; exp turns this into a relative error, and sums
  // over a row add gamma(N). A row of the softmax's gradient sums terms of at most 2 * factor, 1 / N, times the scale.
  static void expect_near(const TensorView& found, const TensorView& expected, double bound, const std::string& what) {
    for (int64_t i = 0; i < expected.num_elements(); ++i)
      ASSERT_NEAR(found.data<float>()[i], expected.data<double>()[i], bound) << what << ", element " << i;
  }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuContrastiveLoss);

struct BlockCase {
  int64_t n, N, E, first;
  bool own_side_only;
};

// All logits are -100 and the bias, of which exp may be beyond float32: a pair's own pulls with all its force, others
// with none.
TEST_P(CpuContrastiveLoss, OfSigmoidsHoldsForPicturesAndTextsThatAreOpposite) {
  const Tensor x = Tensor::zeros({20, 3}), y = Tensor::zeros({20, 3}), scale = scalar(std::log(100.0F));
  for (int64_t i = 0; i < 20; ++i) {
    x.data<float>()[3 * i] = 1;
    y.data<float>()[3 * i] = -1;
  }
  for (const float below : {-4.0F, -20.0F, -50.0F, -100.0F, -1000.0F, -1e10F}) {
    const Tensor bias = scalar(below), dscale = scalar(0), dbias = scalar(0), dx = Tensor::empty({20, 3}),
                 reduced = Tensor::empty({20}), loss = Tensor::empty({20});
    ops::contrastive_loss(
        *cpu_,
        {.x = x, .y = y, .logit_scale = scale, .logit_bias = bias, .first = 0, .reduced = reduced, .loss = loss});
    ops::contrastive_loss_backward(*cpu_, {.x = x,
                                           .y = y,
                                           .logit_scale = scale,
                                           .logit_bias = bias,
                                           .first = 0,
                                           .reduced = reduced,
                                           .reduced_y = {},
                                           .factor = 1,
                                           .scalar_factor = 1,
                                           .dx = dx,
                                           .dlogit_scale = dscale,
                                           .dlogit_bias = dbias});
    constexpr float kTolerance = 1e-5F;  // of the multiplier, exp(ln 100) in float32
    for (int64_t i = 0; i < 20; ++i) {
      EXPECT_NEAR(loss.data<float>()[i], 100 - below, (100 - below) * kTolerance);
      EXPECT_NEAR(dx.data<float>()[3 * i], 100, 100 * kTolerance) << below;
    }
    EXPECT_NEAR(*dbias.data<float>(), -20, 20 * kTolerance) << below;
    EXPECT_NEAR(*dscale.data<float>(), 20 * 100, 20 * 100 * kTolerance) << below;
  }
}

TEST_P(CpuContrastiveLoss, AgreesWithTheReferenceAndIsTheSameWithAnyThreads) {
  for (const BlockCase& c :
       {BlockCase{1, 1, 4, 0, false}, BlockCase{16, 16, 24, 0, false}, BlockCase{33, 300, 17, 200, false},
        BlockCase{70, 515, 64, 440, false}, BlockCase{40, 256, 8, 0, true}}) {
    const Tensor x = unit_rows(c.n, c.E, 1), y = unit_rows(c.N, c.E, 2),
                 reduced_y = random_tensor({c.N}, 3, DType::kFloat32, 1, 21),  // so that q is below 1
        scale = scalar(3), bias = scalar(-4);
    const double factor = 1.0 / static_cast<double>(2 * c.N), multiplier = std::exp(3.0);
    const double bound = 4 * (testing::gamma(c.E) * multiplier + testing::gamma(c.N)) * multiplier;
    for (const bool sigmoid : {false, true}) {
      const std::string what = concat(sigmoid ? "sigmoid " : "softmax ", c.n, " x ", c.N);
      const TensorView with_bias = sigmoid ? bias.view() : TensorView{};
      const Tensor bias_in_double = to_double(bias);
      const TensorView reference_bias = sigmoid ? bias_in_double.view() : TensorView{};
      const Tensor expected_reduced = Tensor::empty({c.n}, DType::kFloat64),
                   expected_loss = Tensor::empty({c.n}, DType::kFloat64),
                   expected_dx = Tensor::empty(x.shape(), DType::kFloat64),
                   expected_dscale = Tensor::zeros({}, DType::kFloat64),
                   expected_dbias = Tensor::zeros({}, DType::kFloat64);
      ops::contrastive_loss(*reference_, {.x = to_double(x),
                                          .y = to_double(y),
                                          .logit_scale = to_double(scale),
                                          .logit_bias = reference_bias,
                                          .first = c.first,
                                          .reduced = expected_reduced,
                                          .loss = expected_loss});
      ops::contrastive_loss_backward(*reference_, {.x = to_double(x),
                                                   .y = to_double(y),
                                                   .logit_scale = to_double(scale),
                                                   .logit_bias = reference_bias,
                                                   .first = c.first,
                                                   .reduced = expected_reduced,
                                                   .reduced_y = to_double(reduced_y),
                                                   .factor = factor,
                                                   .scalar_factor = factor,
                                                   .own_side_only = c.own_side_only,
                                                   .dx = expected_dx,
                                                   .dlogit_scale = expected_dscale,
                                                   .dlogit_bias = expected_dbias});
      std::vector<Tensor> first;
      for (const int threads : {1, 3}) {
        set_num_compute_threads(threads);
        Tensor reduced = Tensor::empty({c.n}), loss = Tensor::empty({c.n}), dx = Tensor::empty(x.shape()),
               dscale = Tensor::zeros({}), dbias = Tensor::zeros({});
        ops::contrastive_loss(*cpu_, {.x = x,
                                      .y = y,
                                      .logit_scale = scale,
                                      .logit_bias = with_bias,
                                      .first = c.first,
                                      .reduced = reduced,
                                      .loss = loss});
        ops::contrastive_loss_backward(*cpu_, {.x = x,
                                               .y = y,
                                               .logit_scale = scale,
                                               .logit_bias = with_bias,
                                               .first = c.first,
                                               .reduced = reduced,
                                               .reduced_y = reduced_y,
                                               .factor = factor,
                                               .scalar_factor = factor,
                                               .own_side_only = c.own_side_only,
                                               .dx = dx,
                                               .dlogit_scale = dscale,
                                               .dlogit_bias = dbias});
        set_num_compute_threads(0);
        const double columns = sigmoid ? static_cast<double>(c.N) : 1;  // summed without a mean
        expect_near(reduced, expected_reduced, bound * columns, what + ": reduced");
        expect_near(loss, expected_loss, bound * columns, what + ": loss");
        expect_near(dx, expected_dx, bound, what + ": dx");
        expect_near(dscale, expected_dscale, bound * multiplier, what + ": dlogit_scale");
        expect_near(dbias, expected_dbias, bound, what + ": dlogit_bias");
        if (first.empty()) {
          for (Tensor* tensor : {&reduced, &loss, &dx, &dscale, &dbias}) first.push_back(std::move(*tensor));
          continue;
        }
        size_t i = 0;
        for (const Tensor* tensor : {&reduced, &loss, &dx, &dscale, &dbias})
          EXPECT_TRUE(testing::same_bits(*tensor, first[i++])) << what;
      }
    }
  }
}

// The logits of this batch would fill 16 GiB; the loss may take what its arguments take and a little.
TEST(ContrastiveLoss, FullSizeBatchOf65536TakesNoMatrixOfLogits) {
  constexpr int64_t kBatch = 65536, kWidth = 16;
  const auto cpu = make_cpu_backend(DType::kFloat32);
  const Tensor x = random_tensor({kBatch, kWidth}, 1), scale = scalar(2.6592600F);
  ops::normalize_rows(*cpu, {.x = x, .y = x});
  const Tensor reduced = Tensor::empty({kBatch}), loss = Tensor::empty({kBatch}), dx = Tensor::empty({kBatch, kWidth}),
               dscale = Tensor::zeros({});
  const long before = peak_resident_kib();
  ops::contrastive_loss(*cpu, {.x = x, .y = x, .logit_scale = scale, .reduced = reduced, .loss = loss});
  ops::contrastive_loss_backward(*cpu, {.x = x,
                                        .y = x,
                                        .logit_scale = scale,
                                        .reduced = reduced,
                                        .reduced_y = reduced,
                                        .factor = 0.5 / kBatch,
                                        .scalar_factor = 0.5 / kBatch,
                                        .dx = dx,
                                        .dlogit_scale = dscale});
  EXPECT_LE(peak_resident_kib() - before, 16 * 1024);
  // A row of the softmax sums to one, as the loss gave its sum: checked for a few rows by plain loops.
  const double multiplier = std::exp(2.65926);
  for (int64_t i = 0; i < kBatch; i += kBatch / 5) {
    double sum = 0;
    for (int64_t j = 0; j < kBatch; ++j) {
      double dot = 0;
      for (size_t e = 0; e < kWidth; ++e)
        dot += static_cast<double>(x.row<float>(i)[e]) * static_cast<double>(x.row<float>(j)[e]);
      sum += std::exp(multiplier * dot);
    }
    EXPECT_NEAR(static_cast<double>(reduced.data<float>()[i]), std::log(sum), 16 * testing::gamma(kWidth) * multiplier);
  }
}

}  // namespace
}  // namespace clipkit
