#include "train/trainer.h"

#include <cmath>

#include "base/concat.h"
#include "model/initialize.h"
#include "ops/reference/reference_backend.h"
#include "support/tensors.h"
#include "support/thread_ranks.h"
#include "train/layer_groups.h"

// The trainer in float64 on a tiny model of both kinds of towers.

namespace clipkit {
namespace {

using testing::random_tensor;
using testing::ThreadRanks;

constexpr int64_t kPairs = 8, kContext = 6;

ModelConfig vit_config(bool sigmoid = false) {
  ModelConfig config;
  config.embed_dim = 6;
  config.vision = VitConfig{
      .image_size = 12, .patch_size = 4, .transformer = {.width = 8, .layers = 3, .heads = 2, .mlp_width = 16}};
  config.text.context_length = kContext;
  config.text.vocab_size = 20;
  config.text.transformer = {.width = 8, .layers = 2, .heads = 2, .mlp_width = 16};
  config.sigmoid_loss = sigmoid;
  return config;
}

ModelConfig resnet_config() {
  ModelConfig config = vit_config();
  config.vision = ResNetConfig{.image_size = 32, .blocks = {1, 1, 1, 1}, .stem_width = 2, .heads = 2};
  return config;
}

struct Pairs {
  explicit Pairs(int64_t size = 12) : pixels(random_tensor({kPairs, 3, size, size}, 1)) {
    for (int32_t n = 0; n < kPairs; ++n) ids.push_back({18, n, (3 * n) % 18, n % 2 > 0 ? 19 : 7, 19, 0});
    for (const auto& row : ids) texts.emplace_back(row);
  }

  Tensor pixels;
  std::vector<std::vector<int32_t>> ids;
  std::vector<std::span<const int32_t>> texts;

  PairsView all() const { return {pixels, texts}; }
  PairsView share(int64_t begin, int64_t end) const {
    return {pixels.view().slice(begin, end),
            std::span(texts).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin))};
  }
};

// Everything that a few steps leave: parameters, and running means where they are kept.
struct Outcome {
  std::vector<double> losses;
  std::map<std::string, std::vector<double>> parameters, averages;
};

struct Setting {
  TrainerOptions options{};
  bool sigmoid = false;
  bool resnet = false;
  std::function<bool(const std::string&)> frozen{};
  Optimizer::LearningRateScale lr_scale{};
  int steps = 3;
};

Outcome train_on(Communicator& ranks, const Setting& setting, const PairsView& pairs) {
  const auto backend = make_reference_backend(DType::kFloat64);
  Clip model(setting.resnet ? resnet_config() : vit_config(setting.sigmoid), true, true);
  initialize(model, 3);
  model.start_training(*backend, {.frozen = setting.frozen});
  model.prepare(*backend);
  Trainer trainer(model, *backend, ranks, setting.options, setting.lr_scale);
  Outcome outcome;
  for (int step = 0; step < setting.steps; ++step) outcome.losses.push_back(trainer.step(pairs, step, 1e-2).loss);
  const auto values = [](const Tensor& tensor) {
    return std::vector<double>(tensor.span<double>().begin(), tensor.span<double>().end());
  };
  model.visit_params([&](const std::string& name, Param& param) { outcome.parameters[name] = values(param.value); });
  for (size_t i = 0; i < trainer.averages().size(); ++i)
    outcome.averages[trainer.optimizer().entries()[i].name] = values(trainer.averages()[i]);
  return outcome;
}

Outcome train(const Setting& setting) {
  const Pairs pairs(setting.resnet ? 32 : 12);
  const auto alone = single_process();
  return train_on(*alone, setting, pairs.all());
}

// Adam divides by the root of the second moment, so that rounding of a gradient that should be zero becomes a step of
// any size up to lr: key biases are left out, as in the recordings; the others' gradients are well above rounding.
void expect_same(const Outcome& a, const Outcome& b, double tolerance, const std::string& what) {
  for (size_t i = 0; i < a.losses.size(); ++i)
    EXPECT_NEAR(a.losses[i], b.losses[i], tolerance) << what << ", step " << i;
  for (const auto& [name, values] : a.parameters) {
    const auto& others = b.parameters.at(name);
    for (size_t i = 0; i < values.size(); ++i) {
      if (name.ends_with("k_proj.bias")) break;
      const bool key_bias = name.ends_with("in_proj_bias") && i >= values.size() / 3 && i < 2 * values.size() / 3;
      if (key_bias) continue;
      ASSERT_NEAR(values[i], others[i], tolerance) << what << ": " << name << ", element " << i;
    }
  }
}

constexpr double kRounding = 1e-8;  // what a few Adam steps make of float64's rounding in gradients of 1e-4 and more

TEST(Trainer, InPartsIsTheSameStep) {
  for (const double dropout : {0.0, 0.5}) {
    for (const bool sigmoid : {false, true}) {
      Setting setting{.options = {.patch_dropout = dropout}, .sigmoid = sigmoid};
      const Outcome whole = train(setting);
      setting.options.micro_batch = 3;
      expect_same(whole, train(setting), kRounding, concat("dropout ", dropout, sigmoid ? ", sigmoid" : ""));
    }
  }
}

TEST(Trainer, OnSeveralRanksIsTheSameStep) {
  for (const Setting& setting :
       {Setting{.options = {.patch_dropout = 0.5}}, Setting{.options = {.patch_dropout = 0.5}, .sigmoid = true},
        Setting{.options = {.use_bn_sync = true}, .resnet = true}}) {
    const Pairs pairs(setting.resnet ? 32 : 12);
    const Outcome alone = train(setting);
    for (const int size : {2, 4}) {
      std::vector<Outcome> outcomes(static_cast<size_t>(size));
      ThreadRanks::run(size, [&](Communicator& ranks) {
        const int64_t share = kPairs / size, begin = share * ranks.rank();
        outcomes[static_cast<size_t>(ranks.rank())] = train_on(ranks, setting, pairs.share(begin, begin + share));
      });
      const std::string what = concat(size, setting.resnet ? " ranks, ResNet" : " ranks");
      for (const Outcome& outcome : outcomes) expect_same(alone, outcome, kRounding, what);
    }
  }
}

TEST(Trainer, LowersTheLoss) {
  for (const bool sigmoid : {false, true}) {
    const Outcome outcome = train({.sigmoid = sigmoid, .steps = 30});
    EXPECT_LT(outcome.losses.back(), 0.5 * outcome.losses.front()) << (sigmoid ? "sigmoid" : "softmax");
  }
}

TEST(Trainer, PatchDropoutChangesTheStepAndDependsOnTheSeed) {
  const auto first_loss = [](double rate, uint64_t seed) {
    return train({.options = {.optimizer = {.seed = seed}, .patch_dropout = rate}, .steps = 1}).losses.front();
  };
  EXPECT_NE(first_loss(0, 1), first_loss(0.5, 1));
  EXPECT_NE(first_loss(0.5, 1), first_loss(0.5, 2));
  EXPECT_EQ(first_loss(0.5, 1), first_loss(0.5, 1));
}

// Locks freeze groups from below; what learns has the gradients that it would have without the lock.
TEST(Trainer, LockedGroupsStayAndTheOthersLearnAsBefore) {
  const ModelConfig config = vit_config();
  const Outcome before = train({.steps = 0}), free = train({.steps = 1});
  for (const bool visual : {true, false}) {
    for (int unlocked = 0; unlocked <= (visual ? 5 : 4); ++unlocked) {
      const auto frozen = [&](const std::string& name) {
        const auto group = layer_group(config, name);
        return group && group->visual == visual && group->from_top() >= unlocked;
      };
      const Outcome locked = train({.frozen = frozen, .steps = 1});
      for (const auto& [name, values] : locked.parameters) {
        if (frozen(name)) {
          EXPECT_EQ(values, before.parameters.at(name)) << name;
        } else if (!name.ends_with("in_proj_bias")) {
          for (size_t i = 0; i < values.size(); ++i)
            ASSERT_NEAR(values[i], free.parameters.at(name)[i], kRounding) << name;
        }
      }
    }
  }
}

TEST(Trainer, KeepsRunningMeansOfWhatItMoves) {
  constexpr double kDecay = 0.75;
  const Outcome before = train({.steps = 0}), one = train({.options = {.ema_decay = kDecay}, .steps = 1});
  for (const auto& [name, average] : one.averages) {
    for (size_t i = 0; i < average.size(); ++i) {
      const double expected = kDecay * before.parameters.at(name)[i] + (1 - kDecay) * one.parameters.at(name)[i];
      ASSERT_NEAR(average[i], expected, 1e-15) << name;
    }
  }
  EXPECT_EQ(one.averages.size(), one.parameters.size());
}

TEST(Trainer, ScalesLearningRates) {
  const Outcome before = train({.steps = 0}), full = train({.options = {.optimizer = {.weight_decay = 0}}, .steps = 1});
  const Outcome half = train({.options = {.optimizer = {.weight_decay = 0}},
                              .lr_scale = [](const std::string& name) { return name == "visual.proj" ? 0.5 : 1; },
                              .steps = 1});
  for (size_t i = 0; i < full.parameters.at("visual.proj").size(); ++i) {
    const double start = before.parameters.at("visual.proj")[i];
    EXPECT_NEAR(half.parameters.at("visual.proj")[i] - start, 0.5 * (full.parameters.at("visual.proj")[i] - start),
                1e-15);
  }
  EXPECT_EQ(half.parameters.at("visual.conv1.weight"), full.parameters.at("visual.conv1.weight"));
}

TEST(Trainer, LeavesEverythingInPlaceWhenAStepIsRefused) {
  const Pairs pairs;
  const auto alone = single_process();
  const auto backend = make_reference_backend(DType::kFloat64);
  Clip model(vit_config(), true, true);
  initialize(model, 3);
  model.start_training(*backend);
  model.prepare(*backend);
  Trainer trainer(model, *backend, *alone, {.grad_clip_norm = 1});
  const double before = model.logit_scale.value.data<double>()[0];
  const StepResult refused = trainer.step(pairs.all(), 0, 1e-2, [](const StepResult&) { return false; });
  EXPECT_FALSE(refused.applied);
  EXPECT_EQ(trainer.optimizer().steps, 0);
  EXPECT_EQ(model.logit_scale.value.data<double>()[0], before);
  pairs.pixels.data<float>()[0] = INFINITY;
  const StepResult broken = trainer.step(pairs.all(), 0, 1e-2, [](const StepResult&) { return true; });
  EXPECT_FALSE(broken.applied);
  EXPECT_EQ(trainer.optimizer().steps, 0);
}

TEST(Trainer, LeavesRunningStatisticsInPlaceWhenAStepIsRefused) {
  const Pairs pairs(32);
  const auto alone = single_process();
  const auto backend = make_reference_backend(DType::kFloat64);
  Clip model(resnet_config(), true, true);
  initialize(model, 3);
  model.start_training(*backend);
  model.prepare(*backend);
  Trainer trainer(model, *backend, *alone, {});
  const auto statistics = [&] {
    std::vector<double> values;
    model.visit_params([&](const std::string&, Param& param) {
      if (param.buffer)
        values.insert(values.end(), param.value.span<double>().begin(), param.value.span<double>().end());
    });
    return values;
  };
  const std::vector<double> start = statistics();
  trainer.step(pairs.all(), 0, 1e-2);
  const std::vector<double> good = statistics();
  EXPECT_NE(good, start);
  trainer.step(pairs.all(), 1, 1e-2, [](const StepResult&) { return false; });
  EXPECT_EQ(statistics(), good);
  pairs.pixels.data<float>()[0] = INFINITY;
  EXPECT_FALSE(trainer.step(pairs.all(), 2, 1e-2).applied);
  EXPECT_EQ(statistics(), good);
}

TEST(LayerGroups, AreThoseOfOpenClip) {
  const ModelConfig vit = vit_config();
  const auto index = [](const ModelConfig& config, const char* name) {
    return layer_group(config, name).value().index;
  };
  EXPECT_FALSE(layer_group(vit, "logit_scale"));
  EXPECT_EQ(index(vit, "visual.conv1.weight"), 0);
  EXPECT_EQ(index(vit, "visual.ln_pre.bias"), 0);
  EXPECT_EQ(index(vit, "visual.transformer.resblocks.0.ln_1.weight"), 1);
  EXPECT_EQ(index(vit, "visual.transformer.resblocks.2.ln_1.weight"), 3);
  EXPECT_EQ(index(vit, "visual.ln_post.weight"), 3);
  EXPECT_EQ(index(vit, "visual.proj"), 4);
  EXPECT_EQ(layer_group(vit, "visual.proj")->from_top(), 0);
  EXPECT_EQ(index(vit, "token_embedding.weight"), 0);
  EXPECT_EQ(index(vit, "positional_embedding"), 0);
  EXPECT_EQ(index(vit, "ln_final.weight"), 2);
  EXPECT_EQ(index(vit, "text_projection"), 3);
  const ModelConfig resnet = config_by_name("RN50");
  EXPECT_EQ(index(resnet, "visual.bn1.weight"), 0);
  EXPECT_EQ(index(resnet, "visual.layer3.4.conv1.weight"), 3);
  EXPECT_EQ(index(resnet, "visual.attnpool.q_proj.weight"), 5);
}

}  // namespace
}  // namespace clipkit
