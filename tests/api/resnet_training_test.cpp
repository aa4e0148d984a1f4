#include <map>

#include "base/check.h"
#include "base/compute_thread.h"
#include "cpu/cpu_backend.h"
#include "model/modified_resnet.h"
#include "nn/nn_testing.h"
#include "support/bf16.h"

// A ResNet tower's training pass on the CPU beside the reference's in float64.

namespace clipkit {
namespace {

using testing::random_tensor;

constexpr int64_t kBatch = 6;
constexpr int kEmbed = 24;

// Waves, each picture's of another direction, length and colour: noise would leave pictures so alike after the first
// layers that the norms after them would enlarge nothing but rounding errors.
Tensor pictures() {
  Tensor pixels = Tensor::empty({kBatch, 3, 64, 64});
  float* to = pixels.data<float>();
  for (int64_t n = 0; n < kBatch; ++n) {
    for (int64_t i = 0; i < 3 * 64 * 64; ++i) {
      const auto channel = static_cast<float>(i / 4096), row = static_cast<float>(i / 64 % 64),
                 column = static_cast<float>(i % 64), k = static_cast<float>(n + 1);
      *to++ = 1.5f * std::sin(0.07f * k * (row * std::cos(k) + column * std::sin(k)) + channel * k);
    }
  }
  return pixels;
}

#if defined(__x86_64__)
constexpr bool kBitsAreFixed = true;
#else
constexpr bool kBitsAreFixed = false;  // those of oneDNN's generic products change with the threads
#endif

struct Step {
  Tensor features;
  std::map<std::string, Tensor> results;  // gradients, and running averages
};

// One pass forward and backward of the same tower; everything in float64 afterwards.
Step train(Backend& b) {
  ResNetConfig config;
  config.image_size = 64;
  config.stem_width = 16;
  config.blocks = {1, 2, 1, 1};
  config.heads = 8;
  ModifiedResNet tower(config, kEmbed);
  testing::ParamFiller filler(3);
  tower.visit_params(filler.visitor());
  tower.visit_params([&](const std::string&, Param& param) { param.start_training(b); });
  tower.prepare(b);
  Workspace workspace(b);
  const Context c{b, workspace};
  const Workspace::Scope scope(workspace);
  const TensorView y = c.sums({kBatch, kEmbed}), dy = c.sums({kBatch, kEmbed});
  const Tensor wanted = random_tensor({kBatch, kEmbed}, 2);
  for (int64_t i = 0; i < wanted.num_elements(); ++i) {
    if (b.sum_dtype() == DType::kFloat64) dy.data<double>()[i] = wanted.data<float>()[i];
    if (b.sum_dtype() == DType::kFloat32) dy.data<float>()[i] = wanted.data<float>()[i];
  }
  const auto saved = tower.forward_training(c, pictures(), y, {});
  tower.backward(c, *saved, dy);
  Step step{testing::to_double(y), {}};
  tower.visit_params([&](const std::string& name, Param& param) {
    step.results[name] = testing::to_double(param.buffer ? param.value : param.grad);
  });
  return step;
}

double relative_distance(const Tensor& found, const Tensor& expected) {
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < expected.num_elements(); ++i) {
    difference += std::pow(found.data<double>()[i] - expected.data<double>()[i], 2);
    norm += std::pow(expected.data<double>()[i], 2);
  }
  return norm == 0 ? difference : std::sqrt(difference / norm);
}

// Twenty norms and as many masks turn a rounding of 6e-8 into at most 3e-6 of a gradient here. With bf16 every rounding
// is 2^16 times coarser and so is what becomes of it: a third of a gradient, which then still points the right way.
void expect_agreement(DType operands) {
  const double tolerance = 1e-5 * testing::unit_roundoff(operands) / testing::unit_roundoff(DType::kFloat32);
  const Step expected = train(*make_reference_backend(DType::kFloat64));
  std::map<std::string, Tensor> first;
  for (const int threads : {1, 3}) {
    testing::with_threads(threads, [&] {
      const Step found = train(*make_cpu_backend(operands));
      EXPECT_LE(relative_distance(found.features, expected.features), tolerance);
      for (const auto& [name, result] : found.results) {
        EXPECT_LE(relative_distance(result, expected.results.at(name)), tolerance) << name;
        if (threads == 1) first[name] = Tensor::copy_of(result);
        if (kBitsAreFixed) {
          EXPECT_TRUE(testing::same_bits(result, first.at(name))) << name << " differs with " << threads << " threads";
        }
      }
    });
  }
}

TEST(ResNetTraining, OnTheCpuAgreesWithTheReference) {
  expect_agreement(DType::kFloat32);
}

TEST(ResNetTraining, InBfloat16AgreesWithTheReference) {
  CLIPKIT_BF16_OR_SKIP();
  expect_agreement(DType::kBFloat16);
}

}  // namespace
}  // namespace clipkit
