#include "export/onnx_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <set>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "export/onnx_file.h"
#include "export/onnx_reader.h"
#include "model/generated_weights.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadMessage;
using testing::ReadOnnx;
using testing::TemporaryFolder;

class OnnxModel : public ::testing::Test {
 protected:
  // A small model of its own: vocabulary and towers of a test's size.
  static ModelConfig small(const char* name) {
    ModelConfig config = config_by_name(name);
    config.text.vocab_size = 100;
    config.text.end_id = 99;
    return config;
  }
  std::string written(const OnnxGraph& graph, bool external_data = false) {
    const auto path = folder_ / "model.onnx";
    const OnnxBytes bytes = write_onnx(graph, path, external_data);
    std::string content = read_file(path, 1 << 30);
    EXPECT_EQ(bytes.model, static_cast<int64_t>(content.size()));
    EXPECT_EQ(bytes.weights > 0, external_data);
    return content;
  }
  TemporaryFolder folder_;
};

// What every run-time checks first.
void expect_well_formed(const ReadOnnx& onnx) {
  EXPECT_EQ(onnx.model.number(1), 8) << "ir_version";
  EXPECT_EQ(onnx.model.text(2), "clipkit");
  ASSERT_EQ(onnx.model.messages(8).size(), 1u);
  EXPECT_EQ(onnx.model.messages(8)[0].text(1), "");
  EXPECT_EQ(onnx.model.messages(8)[0].number(2), 17) << "opset";

  std::set<std::string> known, names, used;
  for (const auto& [name, tensor] : onnx.tensors) {
    known.insert(name);
    int64_t elements = 1;
    for (const int64_t size : tensor.sizes) elements *= size;
    const int64_t bytes = elements * (tensor.type == 1 ? 4 : 8);
    EXPECT_TRUE(tensor.type == 1 || tensor.type == 7) << name;
    const auto length = tensor.external.find("length");
    EXPECT_EQ(length == tensor.external.end() ? static_cast<int64_t>(tensor.data.size()) : std::stoll(length->second),
              bytes)
        << name;
  }
  for (const ReadMessage& input : onnx.graph.messages(11)) known.insert(input.text(1));
  for (const ReadMessage& node : onnx.graph.messages(1)) {
    EXPECT_TRUE(names.insert(node.text(3)).second) << node.text(3) << " twice";
    for (const std::string& input : node.texts(1)) {
      EXPECT_TRUE(known.contains(input)) << node.text(3) << " reads " << input << " before it is there";
      used.insert(input);
    }
    for (const std::string& output : node.texts(2)) EXPECT_TRUE(known.insert(output).second) << output << " twice";
  }
  for (const ReadMessage& output : onnx.graph.messages(12)) EXPECT_TRUE(known.contains(output.text(1)));
  for (const auto& [name, tensor] : onnx.tensors) EXPECT_TRUE(used.contains(name)) << name << " serves nobody";
}

TEST_F(OnnxModel, HasEveryTensorOfTheTowersAndNoOther) {
  for (const char* name : {"mini-vit", "mini-rn"}) {
    const ModelConfig config = small(name);
    const StateDict tensors = generate_weights(config);
    const OnnxSource source{.config = config, .tensors = tensors};
    const ReadOnnx image(written(onnx_image_model(source, false)));
    const ReadOnnx text(written(onnx_text_model(source, false)));
    expect_well_formed(image);
    expect_well_formed(text);
    for (const auto& [tensor, value] : tensors) {
      const ReadOnnx& tower = tensor.starts_with("visual.") ? image : text;
      // A BatchNorm's weights are within those of its convolution, but for one bias.
      const bool norm = tensor.find("bn") != std::string::npos || tensor.find("downsample.1") != std::string::npos;
      if (tensor == "logit_scale" || (norm && !tensor.ends_with(".bias"))) continue;
      EXPECT_TRUE(tower.tensors.contains(tensor) || tower.tensors.contains(tensor + ".T")) << tensor;
    }
  }
}

TEST_F(OnnxModel, NamesItsInputsAndOutputsAsHuggingFaceDoes) {
  const ModelConfig config = small("mini-vit");
  const StateDict tensors = generate_weights(config);
  const OnnxSource source{.config = config, .tensors = tensors};
  const ReadOnnx image(written(onnx_image_model(source, true)));
  EXPECT_THAT(image.ports(11), ElementsAre("pixel_values: batch_size 3 64 64"));
  EXPECT_THAT(image.ports(12), ElementsAre("image_embeds: batch_size 64"));
  const ReadOnnx text(written(onnx_text_model(source, true)));
  EXPECT_THAT(text.ports(11), ElementsAre("input_ids: batch_size sequence_length"));
  EXPECT_THAT(text.ports(12), ElementsAre("text_embeds: batch_size 64"));
  const ReadOnnx joint(written(onnx_joint_model(source)));
  expect_well_formed(joint);
  EXPECT_THAT(joint.ports(11),
              ElementsAre("input_ids: text_batch_size sequence_length", "pixel_values: image_batch_size 3 64 64"));
  EXPECT_THAT(joint.ports(12), ElementsAre("logits_per_image: image_batch_size text_batch_size",
                                           "logits_per_text: text_batch_size image_batch_size",
                                           "text_embeds: text_batch_size 64", "image_embeds: image_batch_size 64"));
}

TEST_F(OnnxModel, StoresMatricesTheWayMatMulReadsThem) {
  const ModelConfig config = small("mini-vit");
  const StateDict tensors = generate_weights(config);
  const ReadOnnx text(written(onnx_text_model({.config = config, .tensors = tensors}, false)));
  const std::string name = "transformer.resblocks.0.mlp.c_fc.weight";
  const Tensor& stored = tensors.at(name);
  const int64_t rows = stored.shape()[0], columns = stored.shape()[1];
  const auto& turned = text.tensors.at(name + ".T");
  ASSERT_THAT(turned.sizes, ElementsAre(columns, rows));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      float value = 0;
      std::memcpy(&value, turned.data.data() + (c * rows + r) * 4, 4);
      ASSERT_EQ(value, stored.data<float>()[r * columns + c]) << r << ", " << c;
    }
  }
}

TEST_F(OnnxModel, TellsHowToUseIt) {
  ModelConfig config = small("mini-vit");
  config.sigmoid_loss = true;
  StateDict tensors = generate_weights(config);
  tensors["logit_scale"] = Tensor::zeros({1});
  tensors["logit_bias"] = Tensor::zeros({});
  *tensors["logit_bias"].data<float>() = -9.5f;
  const auto tokenizer = Tokenizer::clip();
  const OnnxSource source{.config = config, .tensors = tensors, .tokenizer = tokenizer.get()};
  const auto metadata = ReadOnnx::entries(ReadOnnx(written(onnx_text_model(source, false))).model, 14);
  EXPECT_EQ(metadata.at("logit_scale"), "1");
  EXPECT_EQ(metadata.at("logit_bias"), "-9.5");
  EXPECT_EQ(metadata.at("normalized"), "false");
  EXPECT_EQ(to_json(parse_config(metadata.at("config"), "metadata")), to_json(config));
  const Json tokens = Json::parse(metadata.at("tokenizer"));
  EXPECT_EQ(tokens["vocabulary"], "CLIP");
  EXPECT_EQ(tokens["start_token"], 49406);
  EXPECT_EQ(tokens["end_token"], 49407);
  EXPECT_EQ(tokens["context_length"], config.text.context_length);

  const OnnxSource unknown{.config = config, .tensors = tensors};
  EXPECT_FALSE(ReadOnnx::entries(ReadOnnx(written(onnx_text_model(unknown, false))).model, 14).contains("tokenizer"));
}

TEST_F(OnnxModel, PutsLargeWeightsBesideItWhereTheyCanBeMapped) {
  const ModelConfig config = small("mini-rn");
  const StateDict tensors = generate_weights(config);
  const OnnxGraph graph = onnx_image_model({.config = config, .tensors = tensors}, false);
  const std::string whole = written(graph), apart = written(graph, true);
  const std::string data = read_file(folder_ / "model.onnx_data", 1 << 30);
  const ReadOnnx within(whole), beside(apart);
  expect_well_formed(beside);
  size_t moved = 0, end = 0;
  for (const auto& [name, tensor] : within.tensors) {
    const auto& other = beside.tensors.at(name);
    EXPECT_EQ(other.sizes, tensor.sizes);
    if (tensor.data.size() < 1024) {
      EXPECT_EQ(other.data, tensor.data) << name;
      continue;
    }
    ++moved;
    EXPECT_EQ(other.external.at("location"), "model.onnx_data");
    const size_t offset = std::stoull(other.external.at("offset"));
    EXPECT_EQ(offset % 4096, 0u) << name;
    ASSERT_LE(offset + tensor.data.size(), data.size()) << name;
    EXPECT_EQ(data.substr(offset, tensor.data.size()), tensor.data) << name;
    end = std::max(end, offset + tensor.data.size());
  }
  EXPECT_GT(moved, 10u);
  EXPECT_EQ(end, data.size());
  EXPECT_LT(apart.size(), whole.size() / 2);
}

TEST_F(OnnxModel, IsTheSameFileEveryTime) {
  const ModelConfig config = small("mini-vit");
  const StateDict tensors = generate_weights(config);
  const OnnxSource source{.config = config, .tensors = tensors};
  EXPECT_EQ(written(onnx_image_model(source, false)), written(onnx_image_model(source, false)));
}

TEST_F(OnnxModel, NamesAMissingTensor) {
  const ModelConfig config = small("mini-vit");
  StateDict tensors = generate_weights(config);
  tensors.erase("ln_final.bias");
  try {
    onnx_text_model({.config = config, .tensors = tensors}, false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("\"ln_final.bias\""));
  }
}

}  // namespace
}  // namespace clipkit
