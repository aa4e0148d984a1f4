#include <gtest/gtest.h>

#include "model/config_source.h"
#include "model/image_tower.h"
#include "model/text_transformer.h"
#include "ops/reference/reference_backend.h"
#include "support/golden.h"

// Recorded loss and gradients of a training step (golden/training).

namespace clipkit {
namespace {

using testing::read_golden;

// The symmetric cross-entropy (training.md section 1) of normalised features, in plain double, and its gradients.
struct Loss {
  double value = 0, dlogit_scale = 0;
  Tensor dimage, dtext;

  Loss(const TensorView& image, const TensorView& text, double logit_scale)
      : dimage(Tensor::zeros(image.shape(), DType::kFloat64)), dtext(Tensor::zeros(text.shape(), DType::kFloat64)) {
    const int64_t N = image.shape()[0], E = image.shape()[1];
    const auto count = static_cast<double>(N);
    std::vector<double> logits(static_cast<size_t>(N * N)), rows(static_cast<size_t>(N)), columns(rows);
    const auto at = [&](int64_t i, int64_t j) -> double& { return logits[static_cast<size_t>(i * N + j)]; };
    for (int64_t i = 0; i < N; ++i) {
      for (int64_t j = 0; j < N; ++j) {
        for (int64_t e = 0; e < E; ++e) at(i, j) += image.row<double>(i)[e] * text.row<double>(j)[e];
        at(i, j) *= std::exp(logit_scale);
        rows[static_cast<size_t>(i)] += std::exp(at(i, j));
        columns[static_cast<size_t>(j)] += std::exp(at(i, j));
      }
    }
    for (int64_t i = 0; i < N; ++i) {
      const auto n = static_cast<size_t>(i);
      value += (std::log(rows[n]) + std::log(columns[n]) - 2 * at(i, i)) / (2 * count);
      for (int64_t j = 0; j < N; ++j) {
        const double p = std::exp(at(i, j)) / rows[n] + std::exp(at(i, j)) / columns[static_cast<size_t>(j)];
        const double dlogit = (p - (i == j ? 2 : 0)) / (2 * count);
        dlogit_scale += dlogit * at(i, j);
        for (int64_t e = 0; e < E; ++e) {
          dimage.row<double>(i)[e] += std::exp(logit_scale) * dlogit * text.row<double>(j)[e];
          dtext.row<double>(j)[e] += std::exp(logit_scale) * dlogit * image.row<double>(i)[e];
        }
      }
    }
  }
};

// The key biases' true gradient is zero, so what was recorded is rounding noise: they are the middle third, or the
// attention pool's own.
double relative_error(const std::string& name, const TensorView& found, const TensorView& expected) {
  const bool keys = name.ends_with("attn.in_proj_bias");
  const int64_t n = expected.num_elements();
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (keys && i >= n / 3 && i < 2 * n / 3) continue;
    const double a = testing::element(found, i), b = testing::element(expected, i);
    difference += (a - b) * (a - b);
    norm += b * b;
  }
  return std::sqrt(difference / norm);
}

// What a recorded training step starts from, and what it gave.
struct Recording {
  std::string weights, batches, gradients;
  // The recording is float32 and deviates from float64 by up to 1.8e-6 (ViT) and 1.0e-5 (ResNet), relative, each
  // tensor; ours is float64.
  double gradient_error;
};

// One step of both towers in float64. Calls check(name, param) for each parameter after it.
void check_step(const Recording& recording, const ParamVisitor& check) {
  const StateDict batches = read_golden(recording.batches), gradients = read_golden(recording.gradients);
  const Checkpoint checkpoint = open_checkpoint(recording.weights);
  std::vector<std::string> assumptions;
  const ModelConfig config = config_of(checkpoint, assumptions);

  const std::unique_ptr<ImageTower> visual = make_image_tower(config);
  TextTransformer text(config.text, config.embed_dim);
  const auto visit = [&](const ParamVisitor& visitor) {
    visual->visit_params(with_prefix("visual.", visitor));
    text.visit_params(visitor);
  };
  const auto backend = make_reference_backend(DType::kFloat64);
  visit([&](const std::string& name, Param& param) {
    const Tensor& stored = checkpoint.tensors.at(name);
    param.value = Tensor(stored.view(), stored.owner());
    param.start_training(*backend);
  });
  visual->prepare(*backend);
  text.prepare(*backend);

  Workspace workspace(*backend);
  const Context c{*backend, workspace};
  const Workspace::Scope scope(workspace);
  const Tensor& pixels = batches.at("image_0");
  const Tensor& wide = batches.at("tokens_0");
  const int64_t N = pixels.shape()[0], L = wide.shape()[1];
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < N * L; ++i) ids.push_back(static_cast<int32_t>(wide.data<int64_t>()[i]));
  std::vector<std::span<const int32_t>> texts;
  for (int64_t n = 0; n < N; ++n)
    texts.push_back(std::span(ids).subspan(static_cast<size_t>(n * L), static_cast<size_t>(L)));

  const Shape features = {N, config.embed_dim};
  const TensorView image_raw = c.sums(features), text_raw = c.sums(features), image = c.sums(features),
                   text_normal = c.sums(features);
  TextTransformer::Saved text_saved;
  const auto visual_saved = visual->forward_training(c, pixels, image_raw, {});
  text.forward(c, texts, text_raw, text_saved);
  ops::normalize_rows(*backend, {.x = image_raw, .y = image});
  ops::normalize_rows(*backend, {.x = text_raw, .y = text_normal});
  const Loss loss(image, text_normal, testing::element(checkpoint.tensors.at("logit_scale"), 0));
  // Double's rounding of either side, through a loss that is up to 20 and logits up to 100.
  EXPECT_NEAR(loss.value, gradients.at("loss_f64").data<double>()[0], 1e-12 * std::max(1.0, loss.value));
  EXPECT_NEAR(loss.value, testing::element(gradients.at("loss"), 0), 1e-6 * std::max(1.0, loss.value));
  const double recorded_slope = testing::element(gradients.at("grad.logit_scale"), 0);
  EXPECT_NEAR(loss.dlogit_scale, recorded_slope, recording.gradient_error * std::max(1.0, std::abs(recorded_slope)));

  ops::normalize_rows_backward(*backend, {.x = image_raw, .dy = loss.dimage, .dx = loss.dimage});
  ops::normalize_rows_backward(*backend, {.x = text_raw, .dy = loss.dtext, .dx = loss.dtext});
  visual->backward(c, *visual_saved, loss.dimage);
  text.backward(c, text_saved, loss.dtext);
  visit([&](const std::string& name, Param& param) {
    check(name, param);
    if (param.buffer || name.ends_with("k_proj.bias")) return;
    EXPECT_LE(relative_error(name, param.grad, gradients.at("grad." + name)), recording.gradient_error) << name;
  });
}

TEST(GoldenTraining, GivesTheRecordedLossAndGradientsOfTinyVit) {
  CLIPKIT_GOLDEN_OR_SKIP(weights, "models/tiny-vit/model.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(batches, "training/tiny-vit/batches.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(gradients, "training/tiny-vit/gradients.safetensors");
  check_step({weights, batches, gradients, 2e-6}, [](const std::string&, Param&) {});
}

TEST(GoldenTraining, GivesTheRecordedLossGradientsAndRunningAveragesOfTinyResNet) {
  CLIPKIT_GOLDEN_OR_SKIP(weights, "training/tiny-rn-small/init.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(batches, "training/tiny-rn-small/batches.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(gradients, "training/tiny-rn-small/gradients.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(averages_path, "training/tiny-rn-small/bn_after_one_forward.safetensors");
  const StateDict averages = read_golden(averages_path);
  size_t buffers = 0;
  check_step({weights, batches, gradients, 1.1e-5}, [&](const std::string& name, Param& param) {
    if (!param.buffer) return;
    ++buffers;
    EXPECT_LE(relative_error(name, param.value, averages.at(name)), 1e-6) << name;
  });
  EXPECT_EQ(buffers, averages.size() / 3 * 2) << "the third is num_batches_tracked";
}

}  // namespace
}  // namespace clipkit
