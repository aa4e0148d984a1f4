#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/mapped_file.h"
#include "checkpoint/safetensors.h"
#include "clipkit/clipkit.h"
#include "support/bf16.h"
#include "support/made_inputs.h"
#include "support/temporary_folder.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PrepareCheckpoint : public ::testing::Test {
 protected:
  std::string in_folder(const std::string& name) const { return (folder_ / name).string(); }

  static LoadOptions with(Precision precision, int threads = 0) {
    LoadOptions options;
    options.precision = precision;
    options.threads = threads;
    return options;
  }

  // A model that was prepared answers as the one that it was made from.
  void expect_the_same_bits(const std::string& from, Precision precision) {
    prepare_checkpoint(from, in_folder("ready"), with(precision));
    const Model model = load(from, with(precision));
    const Tensor pixels = testing::made_pixels(model.config(), 5);
    const std::vector<std::string> texts = {"a dog", "two cats on a red sofa", ""};
    const Tensor images = model.encode_pixels(pixels), features = model.encode_text(texts),
                 tokens = model.encode_pixels(pixels, Output::kTokens);
    for (const int threads : {1, 2, 3}) {
      const Model ready = load(in_folder("ready"), with(precision, threads));
      EXPECT_TRUE(testing::same_bits(ready.encode_pixels(pixels), images)) << from << ", " << threads << " threads";
      EXPECT_TRUE(testing::same_bits(ready.encode_pixels(pixels, Output::kTokens), tokens)) << from;
      EXPECT_TRUE(testing::same_bits(ready.encode_text(texts), features)) << from << ", " << threads << " threads";
      EXPECT_EQ(ready.logit_scale(), model.logit_scale());
      EXPECT_EQ(ready.fingerprint(), model.fingerprint());
    }
  }

  // The message of what load() throws.
  std::string refusal(const LoadOptions& options) const {
    try {
      load(in_folder("ready"), options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  testing::TemporaryFolder folder_;
};

TEST_F(PrepareCheckpoint, ChangesNoBitOfATransformersAnswers) {
  expect_the_same_bits("generated:mini-vit", Precision::kFloat32);
}
TEST_F(PrepareCheckpoint, ChangesNoBitOfAResNetsAnswers) {
  expect_the_same_bits("generated:mini-rn", Precision::kFloat32);
}
TEST_F(PrepareCheckpoint, ChangesNoBitInBf16) {
  CLIPKIT_BF16_OR_SKIP();
  expect_the_same_bits("generated:mini-vit", Precision::kBFloat16);
  expect_the_same_bits("generated:mini-rn", Precision::kBFloat16);
}
TEST_F(PrepareCheckpoint, ChangesNoBitInInt8) {
  quantize_checkpoint("generated:mini-vit", in_folder("int8"));
  expect_the_same_bits(in_folder("int8"), Precision::kInt8);
}

TEST_F(PrepareCheckpoint, KeepsWhatTheOptionsChange) {
  LoadOptions options;
  options.image_size = 96;
  options.round_weights_to_fp16 = true;
  prepare_checkpoint("generated:mini-vit", in_folder("ready"), options);
  const Model model = load("generated:mini-vit", options), ready = load(in_folder("ready"));
  EXPECT_EQ(to_json(ready.config()), to_json(model.config()));
  EXPECT_EQ(ready.fingerprint(), model.fingerprint());
  const Tensor pixels = testing::made_pixels(model.config(), 2);
  EXPECT_TRUE(testing::same_bits(ready.encode_pixels(pixels), model.encode_pixels(pixels)));
}

TEST_F(PrepareCheckpoint, GivesEitherTowerAlone) {
  prepare_checkpoint("generated:mini-vit", in_folder("ready"));
  const Model model = load("generated:mini-vit");
  LoadOptions texts;
  texts.image_tower = false;
  EXPECT_TRUE(testing::same_bits(load(in_folder("ready"), texts).encode_text({"a dog"}), model.encode_text({"a dog"})));
}

TEST_F(PrepareCheckpoint, IsRefusedForWhatItWasNotPreparedFor) {
  prepare_checkpoint("generated:mini-vit", in_folder("ready"));
  EXPECT_THAT(refusal(with(Precision::kInt8)), HasSubstr("was prepared for precision fp32, not for int8"));
  LoadOptions larger;
  larger.image_size = 96;
  EXPECT_THAT(refusal(larger), AllOf(HasSubstr("image size"), HasSubstr("prepare generated:mini-vit again")));
  LoadOptions rounded;
  rounded.round_weights_to_fp16 = true;
  EXPECT_THAT(refusal(rounded), HasSubstr("rounding"));
}

TEST_F(PrepareCheckpoint, IsRefusedWhereWeightsAreReadInAnotherLayout) {
  prepare_checkpoint("generated:mini-vit", in_folder("ready"));
  const std::string file = in_folder("ready") + "/open_clip_model.safetensors";
  {
    Safetensors written = read_safetensors(MappedFile::open(file));
    auto part = written.tensors.extract(written.tensors.lower_bound("visual.proj@0:"));
    ASSERT_TRUE(part);
    part.key() = "visual.proj@0:f32 of another age";
    written.tensors.insert(std::move(part));
    write_safetensors(file, written.tensors, written.metadata);
  }
  EXPECT_THAT(refusal({}), AllOf(HasSubstr("f32 of another age"), HasSubstr("Prepare it again: clipkit prepare")));
}

TEST_F(PrepareCheckpoint, HoldsNothingThatOtherCommandsCouldChange) {
  prepare_checkpoint("generated:mini-vit", in_folder("ready"));
  EXPECT_THROW(convert_checkpoint(in_folder("ready"), in_folder("other"), {}), Error);
  EXPECT_THROW(quantize_checkpoint(in_folder("ready"), in_folder("other")), Error);
  EXPECT_THROW(prepare_checkpoint(in_folder("ready"), in_folder("other")), Error);
}

TEST_F(PrepareCheckpoint, WritesATokenizerOnlyWhereItIsNotClipsOwn) {
  prepare_checkpoint("generated:mini-vit", in_folder("ready"));
  EXPECT_FALSE(std::filesystem::exists(in_folder("ready/vocab.json")));
  convert_checkpoint("generated:mini-vit", in_folder("plain"), {});
  EXPECT_THROW(prepare_checkpoint("generated:mini-vit", in_folder("plain")), Error);
  prepare_checkpoint("emoji", in_folder("emoji"));
  EXPECT_TRUE(std::filesystem::exists(in_folder("emoji/vocab.json")));
  EXPECT_TRUE(
      testing::same_bits(load(in_folder("emoji")).encode_text({"a red heart"}), load().encode_text({"a red heart"})));
}

TEST_F(PrepareCheckpoint, IsDescribed) {
  prepare_checkpoint("generated:mini-vit", in_folder("ready"));
  const CheckpointInfo info = inspect(in_folder("ready")), from = inspect("generated:mini-vit");
  EXPECT_THAT(info.prepared, HasSubstr("from generated:mini-vit, for fp32"));
  EXPECT_EQ(from.prepared, "");
  EXPECT_EQ(info.parameters, from.parameters);
  EXPECT_EQ(info.vision_parameters, from.vision_parameters);
  EXPECT_EQ(info.text_parameters, from.text_parameters);
}

// Of this process, that no file backs.
int64_t anonymous_kib() {
  std::ifstream file("/proc/self/smaps_rollup");
  for (std::string word; file >> word;) {
    if (word != "Anonymous:") continue;
    int64_t kib = 0;
    file >> kib;
    return kib;
  }
  return -1;
}

TEST_F(PrepareCheckpoint, FullSizeWeightsAreUsedWhereTheyAreMapped) {
  prepare_checkpoint("generated:ViT-B/32", in_folder("ready"));
  const int64_t before = anonymous_kib();
  if (before < 0) GTEST_SKIP() << "the kernel has no smaps_rollup";
  const Model model = load(in_folder("ready"));
  model.encode_pixels(testing::made_pixels(model.config(), 1));
  model.encode_text({"a dog"});
  // 605 MB of weights; 120 MB is what the towers may take of their own.
  EXPECT_LT(anonymous_kib() - before, 120 * 1000);
}

}  // namespace
}  // namespace clipkit
