#include "checkpoint/checkpoint.h"

#include "base/concat.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/testing.h"

namespace clipkit {
namespace {

using testing::error_of;

TEST(Checkpoint, OpensOpenAiNamesFromSafetensorsWithoutCopying) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-openclip/open_clip_model.safetensors");
  const Checkpoint checkpoint = open_checkpoint(path);
  EXPECT_EQ(checkpoint.container, Container::kSafetensors);
  EXPECT_EQ(checkpoint.naming, Naming::kOpenAi);
  ASSERT_EQ(checkpoint.tensors.size(), checkpoint.raw.size());
  EXPECT_EQ(checkpoint.origins.size(), checkpoint.tensors.size());
  for (const auto& [name, tensor] : checkpoint.tensors) {
    EXPECT_EQ(tensor.view().raw(), checkpoint.raw.at(name).view().raw()) << name;
  }
  EXPECT_EQ(checkpoint.tensors.at("logit_scale").shape(), Shape{});
}

TEST(Checkpoint, HuggingFaceFolderGivesTheSameTensors) {
  CLIPKIT_GOLDEN_OR_SKIP(openai, "models/tiny-openclip/open_clip_model.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(folder, "models/tiny-openclip/hf");
  const Checkpoint checkpoint = open_checkpoint(folder);
  EXPECT_EQ(checkpoint.naming, Naming::kHuggingFace);
  EXPECT_EQ(checkpoint.hf_config["model_type"], "clip");
  EXPECT_TRUE(checkpoint.hf_preprocessor.is_object());
  EXPECT_TRUE(checkpoint.open_clip_config.is_null());
  testing::expect_same(checkpoint.tensors, open_checkpoint(openai).tensors);
  for (const TensorOrigin& origin : checkpoint.origins) {
    EXPECT_EQ(origin.transposed, origin.canonical == "visual.proj" || origin.canonical == "text_projection");
  }
}

}  // namespace
}  // namespace clipkit
