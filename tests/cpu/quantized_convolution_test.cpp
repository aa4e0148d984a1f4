#include "ops/reference/quantized_convolution.h"

#include <limits>

#include "base/concat.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::GuardedTensor;
using testing::random_tensor;
using testing::same_bits;
using testing::with_threads;

struct ByteLayer {
  ByteLayer(int64_t in_, int64_t out_, int kernel_, int stride_)
      : in(in_),
        out(out_),
        kernel(kernel_),
        stride(stride_),
        weight(Tensor::empty({out, in, kernel, kernel}, DType::kInt8)),
        scales(random_tensor({out}, 2, DType::kFloat32, 0.005f, 0.01f)),
        input_scales(random_tensor({in}, 3, DType::kFloat32, 0.9f, 1)),
        bias(random_tensor({out}, 4)) {
    const Tensor values = random_tensor(weight.shape(), 1, DType::kFloat32, 127.49f);
    for (int64_t i = 0; i < values.num_elements(); ++i) {
      weight.data<int8_t>()[i] = static_cast<int8_t>(std::nearbyint(values.data<float>()[i]));
    }
  }
  ConvolutionSpec spec() const {
    return {.weight = weight,
            .bias = bias,
            .stride = stride,
            .padding = kernel / 2,
            .scales = scales,
            .input_scales = input_scales};
  }
  Shape result(const Shape& x) const {
    const auto size = [&](int64_t side) { return (side + 2 * (kernel / 2) - kernel) / stride + 1; };
    return {x[0], size(x[1]), size(x[2]), out};
  }
  // What the plain loops give in float32, rounded to the type asked for.
  Tensor expected(const TensorView& x, bool relu, const TensorView& residual, DType dtype) const {
    const Shape& s = x.shape();
    const Tensor floats = to_dtype(Tensor::copy_of(x), DType::kFloat32);
    const Tensor added = residual ? to_dtype(Tensor::copy_of(residual), DType::kFloat32) : Tensor();
    Tensor y = Tensor::empty(result(s));
    reference::quantized_convolution<float>(floats.data<float>(), weight.data<int8_t>(), scales.data<float>(),
                                            input_scales.data<float>(), bias.data<float>(),
                                            added ? added.data<float>() : nullptr, relu, s[0], s[1], s[2], in, out,
                                            kernel, stride, kernel / 2, y.data<float>());
    return to_dtype(y, dtype);
  }

  int64_t in, out;
  int kernel, stride;
  Tensor weight, scales, input_scales, bias;
};

using CpuQuantizedConvolution = testing::CpuBackendTest;
CLIPKIT_FOR_OPERAND_TYPES(CpuQuantizedConvolution);

TEST_P(CpuQuantizedConvolution, EqualsTheReferenceToTheBit) {
  struct Case {
    int64_t in, out, height, width;
    int kernel, stride;
  };
  for (const Case& c : {Case{1, 1, 1, 1, 1, 1},
                        {5, 3, 1, 1, 3, 1},
                        {8, 40, 6, 3, 1, 1},
                        {64, 16, 20, 21, 1, 1},
                        {17, 33, 4, 5, 3, 1},
                        {32, 64, 16, 16, 3, 1},
                        {10, 10, 13, 12, 3, 2},
                        {9, 12, 7, 7, 1, 2},
                        {6, 7, 2, 9, 5, 1},
                        {128, 70, 7, 7, 3, 1}}) {
    const ByteLayer layer(c.in, c.out, c.kernel, c.stride);
    const auto packed = ops::pack_convolution(*cpu_, layer.spec());
    const Tensor x = operands({3, c.height, c.width, c.in}, 5), residual = operands(layer.result(x.shape()), 6);
    const std::string what = concat(c.in, " to ", c.out, ", ", c.height, " x ", c.width, ", kernel ", c.kernel);
    for (const bool relu : {false, true}) {
      const GuardedTensor plain(residual.shape(), operand()), apart(residual.shape(), operand(), 1), in_place(residual);
      ops::convolution(*cpu_, *packed, {.x = x, .y = plain, .relu = relu});
      ops::convolution(*cpu_, *packed, {.x = x, .y = apart, .relu = relu, .residual = residual});
      ops::convolution(*cpu_, *packed, {.x = x, .y = in_place, .relu = relu, .residual = in_place});
      EXPECT_TRUE(same_bits(plain, layer.expected(x, relu, {}, operand()))) << what;
      const Tensor sum = layer.expected(x, relu, residual, operand());
      EXPECT_TRUE(same_bits(apart, sum) && same_bits(in_place, sum)) << what << " with a residual";
      EXPECT_TRUE(plain.guards_intact() && apart.guards_intact() && in_place.guards_intact()) << what;
    }
  }
}

TEST_P(CpuQuantizedConvolution, PicturesHaveTheSameBitsInAnyBatchOnAnyNumberOfThreads) {
  for (const int kernel : {1, 3}) {
    const ByteLayer layer(48, 80, kernel, 1);
    // One picture is far brighter than the rest, which must not feel it.
    Tensor x = operands({6, 14, 14, 48}, 5);
    const Tensor bright = operands({1, 14, 14, 48}, 6, 100);
    std::memcpy(x.view().slice(2, 3).raw(), bright.view().raw(), bright.view().bytes());
    const auto packed = ops::pack_convolution(*cpu_, layer.spec());
    const auto run = [&](int64_t first, int64_t count) {
      Tensor y = Tensor::empty({count, 14, 14, 80}, operand());
      ops::convolution(*cpu_, *packed, {.x = x.view().slice(first, first + count), .y = y, .relu = true});
      return y;
    };
    const Tensor whole = run(0, 6);
    for (const int threads : {1, 2, 3}) {
      with_threads(threads, [&] {
        for (const int64_t count : {1, 2, 5, 6}) {
          for (int64_t first = 0; first + count <= 6; ++first) {
            ASSERT_TRUE(same_bits(run(first, count), whole.view().slice(first, first + count)))
                << count << " pictures from " << first << ", " << threads << " threads, kernel " << kernel;
          }
        }
      });
    }
  }
}

TEST_P(CpuQuantizedConvolution, GivesNaNForAPictureThatIsNotFiniteAndForNoOther) {
  const ByteLayer layer(8, 8, 3, 1);
  const auto packed = ops::pack_convolution(*cpu_, layer.spec());
  const Tensor x = to_dtype(random_tensor({2, 4, 4, 8}, 5), DType::kFloat32);
  x.data<float>()[100] = std::numeric_limits<float>::infinity();
  Tensor y = Tensor::empty({2, 4, 4, 8}, operand());
  ops::convolution(*cpu_, *packed, {.x = to_dtype(x, operand()), .y = y});
  const Tensor found = to_dtype(y, DType::kFloat32);
  for (int64_t i = 0; i < found.num_elements(); ++i) {
    EXPECT_EQ(std::isnan(found.data<float>()[i]), i < found.num_elements() / 2) << i;
  }
}

TEST_P(CpuQuantizedConvolution, RefusesWhatCannotBeMultiplied) {
  const ByteLayer layer(16, 8, 1, 1);
  ConvolutionSpec spec = layer.spec();
  spec.scales = {};
  EXPECT_THROW((void)ops::pack_convolution(*cpu_, spec), Error);
  spec = layer.spec();
  spec.input_scales = layer.scales;
  EXPECT_THROW((void)ops::pack_convolution(*cpu_, spec), Error);
  spec = layer.spec();
  spec.padding = 1;
  EXPECT_THROW((void)ops::pack_convolution(*cpu_, spec), Error);
}

}  // namespace
}  // namespace clipkit
