#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/clipkit.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;

// The stored weights of a checkpoint in the OpenAI layout.
NamedTensors weights(const std::filesystem::path& file) {
  return read_tensor_file(file);
}

class Average : public ::testing::Test {
 protected:
  Average() {
    const ConvertOptions as_file = {.layout = CheckpointLayout::kOpenAi};
    convert_checkpoint("generated:mini-vit", first_, as_file);
    // Another model of the same architecture: the same names with other values.
    NamedTensors other = weights(first_);
    for (auto& [name, tensor] : other.tensors) {
      Tensor changed = Tensor::copy_of(tensor);
      for (float& value : changed.span<float>()) value = 0.5F - 2 * value;
      tensor = std::move(changed);
    }
    write_tensor_file(second_, other);
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path first_ = folder_.path() / "first.safetensors", second_ = folder_.path() / "second.safetensors",
                        to_ = folder_.path() / "mixed.safetensors";
};

TEST_F(Average, MixesEveryWeight) {
  for (const double alpha : {0.0, 0.25, 1.0}) {
    average_checkpoints(first_, second_, alpha, to_, {.layout = CheckpointLayout::kOpenAi});
    const NamedTensors a = weights(first_), b = weights(second_), mixed = weights(to_);
    ASSERT_EQ(mixed.tensors.size(), a.tensors.size());
    for (const auto& [name, tensor] : mixed.tensors) {
      for (int64_t i = 0; i < tensor.num_elements(); ++i) {
        const double expected = (1 - alpha) * static_cast<double>(a.tensors.at(name).data<float>()[i]) +
                                alpha * static_cast<double>(b.tensors.at(name).data<float>()[i]);
        ASSERT_EQ(tensor.data<float>()[i], static_cast<float>(expected)) << name;
      }
    }
  }
}

TEST_F(Average, RefusesAnotherArchitectureAndAnAlphaOutsideItsRange) {
  const auto message = [&](const std::string& other, double alpha) -> std::string {
    try {
      average_checkpoints(first_, other, alpha, to_, {.layout = CheckpointLayout::kOpenAi});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.what();
    }
    return "nothing was refused";
  };
  EXPECT_THAT(message("generated:ViT-S-32", 0.5), HasSubstr("generated:ViT-S-32: another architecture than that of"));
  EXPECT_THAT(message(second_.string(), 1.5), HasSubstr("alpha is 1.5, expected 0 to 1"));
  EXPECT_FALSE(std::filesystem::exists(to_));
}

}  // namespace
}  // namespace clipkit
