#include <gtest/gtest.h>

#include "model/clip.h"
#include "model/config_source.h"
#include "model/modified_resnet.h"
#include "model/vision_transformer.h"
#include "ops/reference/reference_backend.h"
#include "support/golden.h"

// Every sub-module of the tiny models, one by one: each gets the recorded output of the one before it.

namespace clipkit {
namespace {

using testing::expect_close;

// The recorded activations are float32 and so is what a sub-module starts from; its own error in float64 is nothing
// beside that. Inputs carry 2^-24 relative, which a sub-module may amplify by its gain: 2e-5 is what is recorded as
// tolerance.
constexpr double kTolerance = 2e-5;

struct Tiny {
  explicit Tiny(const std::string& folder)
      : activations(testing::read_golden(testing::golden(folder + "/activations.safetensors"))),
        checkpoint(open_checkpoint(testing::golden(folder + "/model.safetensors"))),
        clip(config_of(checkpoint, assumptions), true, true),
        backend(make_reference_backend()),
        workspace(*backend),
        c{*backend, workspace} {
    clip.load(checkpoint.tensors, {}, folder);
    clip.prepare(*backend);
  }

  // A recorded activation in float64, under another shape.
  Tensor input(const std::string& name, Shape shape) const {
    const Tensor& from = activations.at(name);
    Tensor wide = Tensor::empty(shape, DType::kFloat64);
    EXPECT_EQ(shape.num_elements(), from.num_elements()) << name;
    for (int64_t i = 0; i < from.num_elements(); ++i) wide.data<double>()[i] = from.data<float>()[i];
    return wide;
  }
  // The same, channels last.
  Tensor map(const std::string& name) const {
    const Shape s = activations.at(name).shape();
    Tensor wide = Tensor::empty({s[0], s[2], s[3], s[1]}, DType::kFloat64);
    ops::channels_last(*backend, {.x = activations.at(name), .y = wide});
    return wide;
  }
  static Tensor like(const TensorView& view) { return Tensor::empty(view.shape(), DType::kFloat64); }

  StateDict activations;
  Checkpoint checkpoint;
  std::vector<std::string> assumptions;
  Clip clip;
  std::unique_ptr<Backend> backend;
  Workspace workspace;
  Context c;
};

void check_transformer(Tiny& tiny, const Transformer& transformer, const std::string& prefix, const Tensor& first,
                       bool causal) {
  const int64_t rows = first.shape()[0], width = first.shape()[1];
  const std::vector<int64_t> starts = {0, rows};
  const Sequences sequences{starts, causal};
  Tensor x = Tensor::copy_of(first);
  for (size_t i = 0; i < transformer.resblocks.size(); ++i) {
    const ResidualAttentionBlock& block = transformer.resblocks[i];
    const std::string name = prefix + "resblocks." + std::to_string(i);
    const auto recorded = [&](const std::string& part) { return tiny.input(name + part, {rows, width}); };
    const auto expect = [&](const Tensor& found, const std::string& part) {
      expect_close(found, tiny.activations.at(name + part), kTolerance, kTolerance, name + part);
    };
    const Tensor y = Tiny::like(x);
    block.ln_1.forward(*tiny.backend, x, y);
    expect(y, ".ln_1");

    const Tensor attention = Tensor::zeros({rows, width}, DType::kFloat64);  // the residual as well
    block.attn.forward(tiny.c, sequences, recorded(".ln_1"), {}, attention, attention);
    expect(attention, ".attn");

    const int64_t hidden_width = tiny.activations.at(name + ".mlp.c_fc").shape()[2];
    const Tensor hidden = Tensor::empty({rows, hidden_width}, DType::kFloat64);
    block.mlp.c_fc.forward(*tiny.backend, recorded(".ln_2"), hidden);
    expect(hidden, ".mlp.c_fc");
    block.mlp.c_fc.forward(*tiny.backend, recorded(".ln_2"), hidden, Activation::kQuickGelu);
    expect(hidden, ".mlp.gelu");
    const Tensor projected = Tiny::like(x);
    block.mlp.c_proj.forward(*tiny.backend, tiny.input(name + ".mlp.gelu", {rows, hidden_width}), projected);
    expect(projected, ".mlp.c_proj");

    block.forward(tiny.c, sequences, x, {}, x);
    expect(x, "");
    x = recorded("");
  }
}

TEST(Blocks, OfTheTinyVisionTransformerMatchTheRecord) {
  if (testing::golden("models/tiny-vit/activations.safetensors").empty())
    GTEST_SKIP() << "recorded activations are not here";
  Tiny tiny("models/tiny-vit");
  const auto& visual = dynamic_cast<const VisionTransformer&>(*tiny.clip.visual);
  check_transformer(tiny, visual.transformer, "visual.transformer.", tiny.input("visual.ln_pre", {17, 128}), false);

  const Tensor class_token = Tensor::copy_of(tiny.input("visual.transformer", {17, 128}).view().slice(0, 1));
  const Tensor normal = Tiny::like(class_token);
  visual.ln_post.forward(*tiny.backend, class_token, normal);
  expect_close(normal, tiny.activations.at("visual.ln_post"), kTolerance, kTolerance, "ln_post");

  // The tokens of the whole tower, through the public way in.
  const Tensor tokens = tiny.clip.encode_pixels(tiny.c, tiny.activations.at("image"), Output::kTokens);
  expect_close(tokens.view().reshape({17, 128}).slice(0, 1), tiny.activations.at("visual.ln_post"), kTolerance,
               kTolerance, "tokens");
}

TEST(Blocks, OfTheTinyTextTransformerMatchTheRecord) {
  if (testing::golden("models/tiny-vit/activations.safetensors").empty())
    GTEST_SKIP() << "recorded activations are not here";
  Tiny tiny("models/tiny-vit");
  const Tensor& ids = tiny.activations.at("tokens");
  Tensor x = Tensor::empty({77, 64}, DType::kFloat64), tokens = Tensor::empty({1, 77}, DType::kInt32);
  for (int64_t i = 0; i < 77; ++i) {
    const int64_t id = ids.data<int64_t>()[i];
    tokens.data<int32_t>()[i] = static_cast<int32_t>(id);
    for (int64_t d = 0; d < 64; ++d) {
      x.data<double>()[i * 64 + d] =
          double{tiny.checkpoint.tensors.at("token_embedding.weight").data<float>()[id * 64 + d]} +
          tiny.checkpoint.tensors.at("positional_embedding").data<float>()[i * 64 + d];
    }
  }
  check_transformer(tiny, tiny.clip.text->transformer, "transformer.", x, true);
  const Tensor all = tiny.clip.encode_tokens(tiny.c, tokens, Output::kTokens);
  expect_close(all, tiny.activations.at("ln_final"), kTolerance, kTolerance, "ln_final");

  // The feature is read at the end token, so cutting the text there changes nothing.
  const int64_t end = tiny.clip.text->feature_position(tokens.row<int32_t>(0));
  const Tensor read = tiny.clip.encode_tokens(tiny.c, tokens, Output::kBeforeProjection);
  expect_close(read, all.view().reshape({77, 64}).slice(end, end + 1), 0, 0x1p-23, "end token");
}

TEST(Blocks, OfTheTinyResNetMatchTheRecord) {
  if (testing::golden("models/tiny-rn/activations.safetensors").empty())
    GTEST_SKIP() << "recorded activations are not here";
  Tiny tiny("models/tiny-rn");
  const auto& visual = dynamic_cast<const ModifiedResNet&>(*tiny.clip.visual);
  const auto check = [&](const ConvBn& conv, const Tensor& x, const std::string& output) {
    const Tensor expected = tiny.map(output), y = Tiny::like(expected);
    conv.forward(*tiny.backend, x, y, false);
    expect_close(y, expected, kTolerance, kTolerance, output);
  };
  const auto relu = [](Tensor tensor) {
    for (double& value : tensor.span<double>()) value = std::max(value, 0.0);
    return tensor;
  };
  check(visual.conv1, tiny.map("image"), "visual.bn1");
  check(visual.conv2, relu(tiny.map("visual.bn1")), "visual.bn2");
  check(visual.conv3, relu(tiny.map("visual.bn2")), "visual.bn3");
  Tensor x = tiny.map("visual.avgpool");
  for (size_t layer = 0; layer < visual.layers.size(); ++layer) {
    for (size_t i = 0; i < visual.layers[layer].size(); ++i) {
      const Bottleneck& block = visual.layers[layer][i];
      const std::string name = "visual.layer" + std::to_string(layer + 1) + "." + std::to_string(i);
      check(block.conv1, x, name + ".bn1");
      check(block.conv2, relu(tiny.map(name + ".bn1")), name + ".bn2");
      check(block.conv3, block.stride > 1 ? tiny.map(name + ".avgpool") : relu(tiny.map(name + ".bn2")), name + ".bn3");
      if (block.downsample) {
        check(*block.downsample, block.stride > 1 ? tiny.map(name + ".downsample.-1") : Tensor::copy_of(x),
              name + ".downsample.1");
      }
      const Tensor expected = tiny.map(name), y = Tiny::like(expected);
      block.forward(tiny.c, x, y);
      expect_close(y, expected, kTolerance, kTolerance, name);
      x = tiny.map(name);
    }
  }
}

}  // namespace
}  // namespace clipkit
