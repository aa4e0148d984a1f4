#include "base/concat.h"
#include "cpu/cpu_testing.h"

// What a ResNet is trained with: the CPU's passes beside the reference's in float64, on the same operands, and with the
// same bits for any number of threads.

namespace clipkit {
namespace {

using testing::expect_agreement;
using testing::GuardedTensor;
using testing::random_tensor;
using testing::same_bits;
using testing::to_double;

class CpuResNetGradient : public testing::CpuBackendTest {
 protected:
  Tensor sums(Shape shape, uint32_t seed, float mean = 0) const {
    return random_tensor(shape, seed, DType::kFloat32, 1, mean);
  }
  static Tensor doubles(Shape shape) { return Tensor::zeros(shape, DType::kFloat64); }
  // Runs work(index of this run) with one thread and with three.
  static void with_few_and_many_threads(const std::function<void(size_t)>& work) {
    testing::with_threads(1, [&] { work(0); });
    testing::with_threads(3, [&] { work(1); });
  }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuResNetGradient);

class CpuResNetGradientInFloat32 : public CpuResNetGradient {};
INSTANTIATE_TEST_SUITE_P(Cpu, CpuResNetGradientInFloat32, ::testing::Values(DType::kFloat32), testing::dtype_name);

struct GradientCase {
  int64_t batch, in, out, height, width;
  int kernel, stride;
};

TEST_P(CpuResNetGradient, OfConvolutionAgreesWithTheReference) {
  for (const GradientCase& c : {GradientCase{2, 3, 8, 16, 16, 3, 2},
                                {3, 3, 32, 20, 21, 3, 2},
                                {2, 12, 20, 7, 9, 3, 1},
                                {5, 64, 16, 6, 3, 1, 1},
                                {1, 17, 33, 4, 4, 3, 1},
                                {3, 48, 48, 7, 7, 3, 1},
                                {2, 64, 64, 30, 30, 1, 1},
                                {1, 1, 1, 1, 1, 1, 1},
                                {4, 5, 3, 1, 1, 3, 1},
                                {2, 10, 10, 13, 12, 3, 2},
                                {1, 8, 40, 3, 70, 3, 1},
                                {2, 128, 64, 4, 4, 1, 1}}) {
    const std::string what = concat(c.in, " to ", c.out, ", ", c.height, " x ", c.width, ", kernel ", c.kernel,
                                    ", stride ", c.stride, ", batch ", c.batch);
    const Tensor weight = to_dtype(operands({c.out, c.in, c.kernel, c.kernel}, 1), DType::kFloat32),
                 x = operands({c.batch, c.height, c.width, c.in}, 2);
    const auto pack = [&](Backend& b, const Tensor& w) {
      return ops::pack_convolution(b, {.weight = w, .stride = c.stride, .padding = c.kernel / 2});
    };
    const auto exact = pack(*reference_, to_double(weight)), packed = pack(*cpu_, weight);
    const Tensor dy = operands({c.batch, exact->out_size(c.height), exact->out_size(c.width), c.out}, 3),
                 before = sums(weight.shape(), 4), dx = doubles(x.shape()), dweight = to_double(before),
                 y = doubles(dy.shape());
    ops::convolution(*reference_, *exact, {.x = to_double(x), .y = y});
    ops::convolution_input_gradient(*reference_, *exact, {.dy = to_double(dy), .dx = dx});
    ops::convolution_weight_gradient(
        *reference_,
        {.x = to_double(x), .dy = to_double(dy), .dweight = dweight, .stride = c.stride, .padding = c.kernel / 2});

    Tensor first;
    with_few_and_many_threads([&](size_t) {
      const GuardedTensor found(before.view(), 1), found_dx(x.shape(), operand(), 1), found_y(dy.shape(), operand(), 1);
      ops::convolution(*cpu_, *packed, {.x = x, .y = found_y});
      ops::convolution_input_gradient(*cpu_, *packed, {.dy = dy, .dx = found_dx});
      ops::convolution_weight_gradient(
          *cpu_, {.x = x, .dy = dy, .dweight = found, .stride = c.stride, .padding = c.kernel / 2});
      EXPECT_TRUE(found.guards_intact() && found_dx.guards_intact() && found_y.guards_intact()) << what;
      expect_agreement(found_y, y, "y, " + what);
      expect_agreement(found_dx, dx, "dx, " + what);
      expect_agreement(found, dweight, "dweight, " + what);
      if (!first) first = Tensor::copy_of(found);
      EXPECT_TRUE(same_bits(found, first)) << what;
    });
  }
}

TEST_P(CpuResNetGradient, OfConvolutionInputsHasTheSameBitsWithAnyThreads) {
  CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC();
  for (const GradientCase& c : {GradientCase{4, 64, 64, 14, 14, 3, 1},
                                {4, 256, 64, 14, 14, 1, 1},
                                {4, 64, 256, 14, 14, 1, 1},
                                {2, 128, 128, 28, 28, 3, 1},
                                {1, 512, 512, 7, 7, 3, 1}}) {
    const Tensor weight = sums({c.out, c.in, c.kernel, c.kernel}, 1),
                 dy = operands({c.batch, c.height, c.width, c.out}, 2);
    const auto packed = ops::pack_convolution(*cpu_, {.weight = weight, .padding = c.kernel / 2});
    Tensor first;
    for (const int threads : {1, 2, 3, 4}) {
      testing::with_threads(threads, [&] {
        const Tensor dx = Tensor::empty({c.batch, c.height, c.width, c.in}, operand());
        ops::convolution_input_gradient(*cpu_, *packed, {.dy = dy, .dx = dx});
        if (!first) first = Tensor::copy_of(dx);
        EXPECT_TRUE(same_bits(dx, first))
            << c.in << " to " << c.out << ", kernel " << c.kernel << ", " << threads << " threads";
      });
    }
  }
}

TEST_P(CpuResNetGradient, OfBatchNormAgreesWithTheReference) {
  for (const int64_t rows : {2, 127, 128, 129, 700}) {
    for (const int64_t C : {1, 7, 16, 33, 320}) {
      const std::string what = concat(rows, " rows of ", C);
      const Tensor x = operands({rows, C}, 1, 1, 3), residual = operands({rows, C}, 2), dy = operands({rows, C}, 3),
                   weight = sums({C}, 4, 2), bias = sums({C}, 5), running_mean = sums({C}, 6),
                   running_var = sums({C}, 7, 2);
      // All steps of the reference.
      const Tensor moments = doubles({2, C}), mean = doubles({C}), var = doubles({C}),
                   averages = to_double(running_mean), var_averages = to_double(running_var), y = doubles({rows, C}),
                   g = to_double(dy), backward_sums = doubles({2, C}), dweight = to_double(weight),
                   dbias = to_double(bias), dx = doubles({rows, C}), dx_constant = doubles({rows, C});
      ops::batch_sums(*reference_, {.x = to_double(x), .sums = moments});
      ops::batch_moments(*reference_, {.sums = moments,
                                       .count = rows,
                                       .mean = mean,
                                       .var = var,
                                       .running_mean = averages,
                                       .running_var = var_averages});
      ops::batch_norm(*reference_, {.x = to_double(x),
                                    .mean = mean,
                                    .var = var,
                                    .eps = 1e-2,
                                    .weight = to_double(weight),
                                    .bias = to_double(bias),
                                    .relu = true,
                                    .residual = to_double(residual),
                                    .y = y});
      // ReLU's mask is the rounded y's, so both get the CPU's.
      std::vector<Tensor> first;
      with_few_and_many_threads([&](size_t run) {
        const GuardedTensor found_sums({2, C}, DType::kFloat64), found_mean({C}), found_var({C}),
            found_averages(running_mean.view(), 1), found_var_averages(running_var.view(), 1),
            found({rows, C}, operand(), 1);
        ops::batch_sums(*cpu_, {.x = x, .sums = found_sums});
        ops::batch_moments(*cpu_, {.sums = found_sums,
                                   .count = rows,
                                   .mean = found_mean,
                                   .var = found_var,
                                   .running_mean = found_averages,
                                   .running_var = found_var_averages});
        ops::batch_norm(*cpu_, {.x = x,
                                .mean = found_mean,
                                .var = found_var,
                                .eps = 1e-2,
                                .weight = weight,
                                .bias = bias,
                                .relu = true,
                                .residual = residual,
                                .y = found});
        EXPECT_TRUE(found_sums.guards_intact() && found_mean.guards_intact() && found_var.guards_intact() &&
                    found.guards_intact());
        expect_agreement(found_sums, moments, "sums of " + what);
        expect_agreement(found_mean, mean, "mean of " + what);
        expect_agreement(found_var, var, "var of " + what);
        expect_agreement(found_averages, averages, "running_mean of " + what);
        expect_agreement(found_var_averages, var_averages, "running_var of " + what);
        expect_agreement(found, y, "y of " + what);

        const GuardedTensor found_g(dy.view(), 1), found_backward({2, C}, DType::kFloat64), found_weight(weight.view()),
            found_bias(bias.view()), found_dx({rows, C}, operand(), 1), found_constant({rows, C}, operand(), 1);
        ops::batch_norm_backward_sums(*cpu_, {.x = x,
                                              .mean = found_mean,
                                              .var = found_var,
                                              .eps = 1e-2,
                                              .y = found,
                                              .dy = found_g,
                                              .sums = found_backward,
                                              .dweight = found_weight,
                                              .dbias = found_bias});
        const BatchNormBackwardArgs last = {.x = x,
                                            .mean = found_mean,
                                            .var = found_var,
                                            .eps = 1e-2,
                                            .weight = weight,
                                            .dy = found_g,
                                            .sums = found_backward,
                                            .count = rows,
                                            .dx = found_dx};
        BatchNormBackwardArgs constant = last;
        constant.sums = {};
        constant.dx = found_constant;
        ops::batch_norm_backward(*cpu_, last);
        ops::batch_norm_backward(*cpu_, constant);
        if (run == 0) {
          ops::batch_norm_backward_sums(*reference_, {.x = to_double(x),
                                                      .mean = mean,
                                                      .var = var,
                                                      .eps = 1e-2,
                                                      .y = to_double(found),
                                                      .dy = g,
                                                      .sums = backward_sums,
                                                      .dweight = dweight,
                                                      .dbias = dbias});
          const Tensor exact_x = to_double(x), exact_weight = to_double(weight);
          BatchNormBackwardArgs exact = {.x = exact_x,
                                         .mean = mean,
                                         .var = var,
                                         .eps = 1e-2,
                                         .weight = exact_weight,
                                         .dy = g,
                                         .sums = backward_sums,
                                         .count = rows,
                                         .dx = dx};
          ops::batch_norm_backward(*reference_, exact);
          exact.sums = {};
          exact.dx = dx_constant;
          ops::batch_norm_backward(*reference_, exact);
        }
        EXPECT_TRUE(found_g.guards_intact() && found_backward.guards_intact() && found_weight.guards_intact() &&
                    found_bias.guards_intact() && found_dx.guards_intact() && found_constant.guards_intact());
        expect_agreement(found_g, g, "dresidual of " + what);
        expect_agreement(found_backward, backward_sums, "backward sums of " + what);
        expect_agreement(found_weight, dweight, "dweight of " + what);
        expect_agreement(found_bias, dbias, "dbias of " + what);
        expect_agreement(found_dx, dx, "dx of " + what);
        expect_agreement(found_constant, dx_constant, "dx of constant moments, " + what);
        const std::vector<TensorView> results = {found_sums, found, found_backward, found_weight, found_dx};
        for (size_t i = 0; i < results.size(); ++i) {
          if (run == 0) first.push_back(Tensor::copy_of(results[i]));
          EXPECT_TRUE(same_bits(results[i], first[i])) << "result " << i << " of " << what;
        }
      });
    }
  }
}

// In float32 sums of squares about 1e10 would know nothing of a variance about 1.
// bf16 has no digits for such values.
TEST_P(CpuResNetGradientInFloat32, OfBatchNormKeepsTheVarianceBesideALargeMean) {
  const int64_t rows = 1000, C = 5;
  const Tensor x = random_tensor({rows, C}, 1, DType::kFloat32, 1, 1e4f), moments = doubles({2, C}),
               mean = sums({C}, 1), var = sums({C}, 1), averages = sums({C}, 1);
  ops::batch_sums(*cpu_, {.x = x, .sums = moments});
  ops::batch_moments(
      *cpu_,
      {.sums = moments, .count = rows, .mean = mean, .var = var, .running_mean = averages, .running_var = averages});
  for (int64_t c = 0; c < C; ++c) {
    double exact = 0, square = 0;
    for (int64_t r = 0; r < rows; ++r) exact += double{x.row<float>(r)[static_cast<size_t>(c)]} / rows;
    for (int64_t r = 0; r < rows; ++r) square += std::pow(double{x.row<float>(r)[static_cast<size_t>(c)]} - exact, 2);
    EXPECT_NEAR(mean.data<float>()[c], exact, 1e4 * 0x1p-24);
    // Double's rounding of sums about 1e11, and float32's of the result.
    EXPECT_NEAR(var.data<float>()[c], square / rows, 1e8 * 1000 * 0x1p-53 + 0x1p-24);
  }
}

TEST_P(CpuResNetGradient, OfPoolingAgreesWithTheReference) {
  for (const auto& [height, width, C] :
       {std::tuple<int64_t, int64_t, int64_t>{6, 8, 32}, {5, 7, 3}, {1, 4, 8}, {2, 3, 65}}) {
    const Tensor dy = operands({2, height / 2, width / 2, C}, 1), dx = doubles({2, height, width, C});
    ops::average_pool_backward(*reference_, {.dy = to_double(dy), .dx = dx});
    const GuardedTensor found({2, height, width, C}, operand(), 1);
    ops::average_pool_backward(*cpu_, {.dy = dy, .dx = found});
    EXPECT_TRUE(found.guards_intact());
    expect_agreement(found, dx, concat("average of ", height, " x ", width, " x ", C));
  }
  for (const int64_t D : {7, 64}) {
    const Tensor dy = sums({15, D}, 1), before = sums({5, D}, 2), dx = doubles({3, 4, D}),
                 dpositions = to_double(before);
    ops::mean_token_backward(*reference_, {.dy = to_double(dy), .dx = dx, .dpositions = dpositions});
    const GuardedTensor found({3, 4, D}, operand(), 1), found_positions(before.view(), 1);
    ops::mean_token_backward(*cpu_, {.dy = dy, .dx = found, .dpositions = found_positions});
    EXPECT_TRUE(found.guards_intact() && found_positions.guards_intact());
    expect_agreement(found, dx, "map");
    expect_agreement(found_positions, dpositions, "positions");
  }
}

TEST_P(CpuResNetGradient, OfPooledAttentionAgreesWithTheReference) {
  for (const int heads : {2, 3}) {
    const int64_t width = heads == 2 ? 128 : 24;
    const std::vector<int64_t> starts = {0, 5, 6, 16};
    const int64_t rows = 17, N = 3;  // the last row is padding
    const Tensor q = sums({N, width}, 1), x = sums({rows, width}, 2), dout = sums({N, width}, 3),
                 k_weight = sums({width, width}, 4), v_weight = sums({width, width}, 5), k_bias = sums({width}, 6),
                 v_bias = sums({width}, 7);
    const auto run = [&](Backend& b, const auto& as, const TensorView& dq, const TensorView& dx,
                         const TensorView& dk_weight, const TensorView& dv_weight, const TensorView& dv_bias) {
      const auto packed = ops::pack_pooled_attention(
          b, {.k_weight = k_weight, .v_weight = v_weight, .k_bias = k_bias, .v_bias = v_bias, .heads = heads});
      ops::pooled_attention_backward(b, *packed,
                                     {.q = as(q),
                                      .x = as(x),
                                      .dout = as(dout),
                                      .dq = dq,
                                      .dx = dx,
                                      .dk_weight = dk_weight,
                                      .dv_weight = dv_weight,
                                      .dv_bias = dv_bias,
                                      .starts = starts});
    };
    const Tensor dq = doubles({N, width}), dx = doubles({rows, width}), dk_weight = to_double(k_weight),
                 dv_weight = to_double(v_weight), dv_bias = to_double(v_bias);
    run(
        *reference_, [](const Tensor& t) { return to_double(t); }, dq, dx, dk_weight, dv_weight, dv_bias);
    Tensor first;
    with_few_and_many_threads([&](size_t) {
      const GuardedTensor found_q({N, width}), found_x({rows, width}), found_k(k_weight.view()),
          found_v(v_weight.view()), found_bias(v_bias.view());
      run(
          *cpu_, [](const Tensor& t) { return Tensor::copy_of(t); }, found_q, found_x, found_k, found_v, found_bias);
      EXPECT_TRUE(found_q.guards_intact() && found_x.guards_intact() && found_k.guards_intact() &&
                  found_v.guards_intact() && found_bias.guards_intact());
      expect_agreement(found_q, dq, "dq");
      expect_agreement(found_x, dx, "dx");
      expect_agreement(found_k, dk_weight, "dk_weight");
      expect_agreement(found_v, dv_weight, "dv_weight");
      expect_agreement(found_bias, dv_bias, "dv_bias");
      if (!first) first = Tensor::copy_of(found_x);
      EXPECT_TRUE(same_bits(found_x, first));
    });
  }
}

TEST_P(CpuResNetGradient, OfJoinsAgreesWithTheReference) {
  for (const int64_t n : {1, 17, 40000}) {
    const Tensor a = operands({n}, 1), b = operands({n}, 2), sum = doubles({n});
    ops::add(*reference_, {.a = to_double(a), .b = to_double(b), .y = sum});
    const GuardedTensor found(a.view(), 1);
    ops::add(*cpu_, {.a = found, .b = b, .y = found});
    EXPECT_TRUE(found.guards_intact());
    expect_agreement(found, sum, "sum");
  }
}

}  // namespace
}  // namespace clipkit
