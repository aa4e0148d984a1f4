#include "base/concat.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::magnitudes;
using testing::random_tensor;
using testing::to_double;

using CpuConvolution = testing::CpuBackendTest;
CLIPKIT_FOR_OPERAND_TYPES(CpuConvolution);

struct LayerCase {
  int64_t in, out, height, width;
  int kernel, stride;
};

TEST_P(CpuConvolution, AgreesWithTheReferenceForEverySize) {
  constexpr int64_t kMost = 5;
  for (const LayerCase& c : {LayerCase{3, 8, 16, 16, 3, 2},
                             {3, 32, 20, 20, 3, 2},
                             {8, 8, 8, 8, 3, 1},
                             {12, 20, 7, 9, 3, 1},
                             {16, 64, 5, 5, 1, 1},
                             {64, 16, 6, 3, 1, 1},
                             {17, 33, 4, 4, 3, 1},
                             {48, 48, 7, 7, 3, 1},
                             {64, 64, 14, 14, 1, 1},
                             {1, 1, 1, 1, 1, 1},
                             {5, 3, 1, 1, 1, 1},
                             {80, 40, 3, 2, 1, 1},
                             {3, 40, 24, 24, 8, 8},
                             {10, 10, 13, 13, 3, 2},
                             {128, 16, 4, 4, 3, 1},
                             {16, 128, 7, 7, 1, 1}}) {
    const int padding = c.kernel == 8 ? 0 : c.kernel / 2;
    const int64_t terms = c.in * c.kernel * c.kernel;
    const Tensor weight = to_dtype(random_tensor({c.out, c.in, c.kernel, c.kernel}, 1, operand()), DType::kFloat32),
                 bias = random_tensor({c.out}, 2);
    const auto packed =
        ops::pack_convolution(*cpu_, {.weight = weight, .bias = bias, .stride = c.stride, .padding = padding});
    const int64_t out_height = packed->out_size(c.height), out_width = packed->out_size(c.width);
    const Tensor pictures = operands({kMost, c.height, c.width, c.in}, 3);
    const auto run = [&](const Tensor& x, const Tensor& w, const Tensor& b) {
      const auto plain =
          ops::pack_convolution(*reference_, {.weight = w, .bias = b, .stride = c.stride, .padding = padding});
      Tensor y = Tensor::empty({kMost, out_height, out_width, c.out}, DType::kFloat64);
      ops::convolution(*reference_, *plain, {.x = x, .y = y});
      return y;
    };
    const Tensor sums = run(to_double(pictures), to_double(weight), to_double(bias));
    const Tensor magnitude_sums = run(magnitudes(pictures), magnitudes(weight), magnitudes(bias));
    const Tensor residuals = operands(sums.shape(), 4, static_cast<float>(terms) / 8);
    const Tensor added = to_double(residuals);
    // Products of bf16 are added in pairs, with a rounding before each addition.
    const double roundings = static_cast<double>((operand() == DType::kBFloat16 ? 2 : 1) * terms + 3);

    for (const int64_t batch : {int64_t{1}, int64_t{2}, kMost}) {
      const TensorView x = pictures.view().slice(0, batch), residual = residuals.view().slice(0, batch);
      for (const int place : {0, 1, 2}) {  // of the residual: none, y itself, elsewhere
        for (const bool relu : {false, true}) {
          Tensor expected = Tensor::empty(residual.shape(), DType::kFloat64);
          const auto residual_at = [&](int64_t i) { return place > 0 ? added.data<double>()[i] : 0.0; };
          for (int64_t i = 0; i < expected.num_elements(); ++i) {
            const double sum = sums.data<double>()[i] + residual_at(i);
            expected.data<double>()[i] = relu ? std::max(sum, 0.0) : sum;
          }
          const GuardedTensor y =
              place == 1 ? GuardedTensor(residual) : GuardedTensor(residual.shape(), operand(), place == 0 ? 1 : 0);
          ops::convolution(*cpu_, *packed,
                           {.x = x,
                            .y = y,
                            .relu = relu,
                            .residual = place == 0   ? TensorView{}
                                        : place == 1 ? y.view()
                                                     : residual});
          expect_within(
              y, expected,
              [&](int64_t i) {
                return gamma(roundings) * (magnitude_sums.data<double>()[i] + std::abs(residual_at(i)));
              },
              concat("convolution ", c.in, " to ", c.out, ", ", c.height, " x ", c.width, ", kernel ", c.kernel,
                     ", stride ", c.stride, ", batch ", batch, ", residual ", place, ", relu ", relu));
          EXPECT_TRUE(y.guards_intact());
        }
      }
    }
  }
}

// The best layout of the weights changes with batch and threads; each gets its own and none falls to a slow loop.
TEST_P(CpuConvolution, FollowsBatchesAndThreadsWithTheSameBits) {
  CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC();
  const Tensor weight = random_tensor({128, 128, 3, 3}, 1), bias = random_tensor({128}, 2);
  const Tensor x = operands({4, 28, 28, 128}, 3);
  const auto packed = ops::pack_convolution(*cpu_, {.weight = weight, .bias = bias, .stride = 1, .padding = 1});
  Tensor first;
  for (const int threads : {1, 3, 4, 2}) {
    testing::with_threads(threads, [&] {
      for (const int64_t batch : {4, 3, 2, 1}) {
        Tensor y = Tensor::empty({batch, 28, 28, 128}, operand());
        ops::convolution(*cpu_, *packed, {.x = x.view().slice(0, batch), .y = y});
        if (!first) first = Tensor::copy_of(y);
        EXPECT_TRUE(testing::same_bits(first.view().slice(0, batch), y)) << batch << ", " << threads << " threads";
      }
    });
  }
}

}  // namespace
}  // namespace clipkit
