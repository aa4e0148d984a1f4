#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/clipkit.h"
#include "support/golden.h"

namespace clipkit {
namespace {

namespace fs = std::filesystem;

class Convert : public ::testing::Test {
 protected:
  Convert() : folder_(fs::path(::testing::TempDir()) / ("convert" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Convert() override { fs::remove_all(folder_); }
  fs::path folder_;
};

const char* suffix(CheckpointLayout layout) {
  return layout == CheckpointLayout::kOpenAi ? ".safetensors" : "";
}

TEST_F(Convert, KeepsTheFeaturesInEveryLayoutThatWeWrite) {
  for (const char* name : {"mini-vit", "mini-rn"}) {
    CLIPKIT_GOLDEN_OR_SKIP(path, std::string("parity/") + name + ".safetensors");
    const StateDict io = testing::read_golden(path);
    for (const auto layout : {CheckpointLayout::kOpenAi, CheckpointLayout::kOpenClip, CheckpointLayout::kHuggingFace}) {
      if (layout == CheckpointLayout::kHuggingFace && std::string(name) == "mini-rn") continue;  // has no such form
      const fs::path to = folder_ / (std::string(name) + std::to_string(static_cast<int>(layout)) + suffix(layout));
      convert_checkpoint(std::string("generated:") + name, to, {.layout = layout});
      const Model model = load(to);
      const Tensor image = model.encode_pixels(io.at("image")),
                   text = model.encode_text({"a diagram", "a dog", "a cat"});
      testing::expect_close(softmax(model.logits(image, text).logits_per_image), softmax(io.at("logits_per_image")),
                            1e-5, 0, to.string());
    }
  }
}

TEST_F(Convert, WritesHalfAndBfloat16) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16}) {
    const fs::path to = folder_ / to_string(dtype);
    convert_checkpoint("generated:mini-vit", to, {.layout = CheckpointLayout::kHuggingFace, .dtype = dtype});
    const CheckpointInfo info = inspect(to);
    EXPECT_EQ(info.parameters, 7244929);
    for (const TensorInfo& tensor : info.tensors) EXPECT_EQ(tensor.dtype, to_string(dtype)) << tensor.name;
  }
}

TEST_F(Convert, ResizesPositionsForGood) {
  LoadOptions options;
  options.image_size = 96;
  convert_checkpoint("generated:mini-vit", folder_ / "large", {}, options);
  EXPECT_EQ(load(folder_ / "large").config().image_size(), 96);
}

TEST_F(Convert, RefusesAResNetForHuggingFace) {
  try {
    convert_checkpoint("generated:mini-rn", folder_ / "rn", {.layout = CheckpointLayout::kHuggingFace});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
  EXPECT_FALSE(fs::exists(folder_ / "rn"));
}

TEST_F(Convert, CarriesEveryKindOfCheckpointOver) {
  for (const char* file :
       {"models/tiny-vit/openai_jit_fp16.pt", "models/tiny-vit/hf", "models/tiny-vit/clip_cpp_f16.gguf",
        "models/tiny-openclip", "models/tiny-rn/openai_jit_fp16.pt"}) {
    CLIPKIT_GOLDEN_OR_SKIP(path, file);
    const fs::path to = folder_ / "converted";
    convert_checkpoint(path, to, {});
    const Model before = load(path), after = load(to);
    Tensor tokens = Tensor::zeros({1, 8}, DType::kInt32);
    tokens.data<int32_t>()[4] = before.config().text.vocab_size - 1;
    testing::expect_close(after.encode_tokens(tokens), before.encode_tokens(tokens), 0, 0, file);
    fs::remove_all(to);
  }
}

TEST(Inspect, DescribesACheckpoint) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-vit/hf");
  const CheckpointInfo info = inspect(path);
  EXPECT_EQ(info.naming, "Hugging Face");
  EXPECT_EQ(info.container, "safetensors");
  EXPECT_EQ(info.num_nan, 0);
  EXPECT_NEAR(info.logit_scale, 3.0f, 1e-6);
  EXPECT_EQ(info.parameters, info.vision_parameters + info.text_parameters);
  int mapped = 0;
  for (const TensorInfo& tensor : info.tensors) mapped += !tensor.maps_to.empty();
  EXPECT_GT(mapped, 60);
}

}  // namespace
}  // namespace clipkit
