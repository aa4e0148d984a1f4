#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "model/config_source.h"

namespace clipkit {
namespace {

// What config_from_shapes reads of an image tower of width 64, 16 pixels in patches of 8.
StateDict image_tower(int64_t width, int64_t patch, int64_t positions, int64_t embed_dim) {
  StateDict tensors;
  const auto add = [&](const std::string& name, Shape shape) { tensors[name] = Tensor::zeros(shape); };
  add("visual.conv1.weight", {width, 3, patch, patch});
  add("visual.class_embedding", {width});
  add("visual.positional_embedding", {positions, width});
  add("visual.transformer.resblocks.0.mlp.c_fc.weight", {4 * width, width});
  add("visual.proj", {width, embed_dim});
  return tensors;
}

TEST(ConfigFromShapes, ReadsAnImageTower) {
  std::vector<std::string> assumptions;
  const ModelConfig config = config_from_shapes(image_tower(64, 8, 5, 16), "file", assumptions);
  const auto& vit = std::get<VitConfig>(config.vision);
  EXPECT_EQ(vit.image_size, 16);
  EXPECT_EQ(vit.patch_size, 8);
  EXPECT_EQ(vit.transformer.width, 64);
  EXPECT_EQ(vit.transformer.layers, 1);
  EXPECT_EQ(config.embed_dim, 16);
}

TEST(ConfigFromShapes, RefusesTensorsWithAnEmptyAxis) {
  std::vector<std::string> assumptions;
  for (const auto& [tensors, name] :
       {std::pair(image_tower(64, 0, 5, 16), "visual.conv1.weight"), std::pair(image_tower(0, 8, 5, 16), "c_fc.weight"),
        std::pair(image_tower(64, 8, 0, 16), "visual.positional_embedding"),
        std::pair(image_tower(64, 8, 5, 0), "visual.proj")}) {
    try {
      config_from_shapes(tensors, "file", assumptions);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace clipkit
