#include <gtest/gtest.h>

#include "model/clip.h"
#include "model/config_source.h"
#include "model/generated_weights.h"
#include "ops/reference/reference_backend.h"
#include "support/golden.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

using testing::expect_close;
using testing::golden;
using testing::read_golden;

struct Features {
  Tensor image, text;  // float32 on the way out of Clip, double inside
};

// Runs in float64; only the results are rounded to float32.
Features run(Clip& clip, const StateDict& io) {
  const auto backend = make_reference_backend();
  clip.prepare(*backend);
  Workspace workspace(*backend);
  const Context c{*backend, workspace};
  const Tensor& wide = io.at("tokens");
  Tensor tokens = Tensor::empty(wide.shape(), DType::kInt32);
  for (int64_t i = 0; i < wide.num_elements(); ++i) {
    tokens.data<int32_t>()[i] =
        wide.dtype() == DType::kInt64 ? static_cast<int32_t>(wide.data<int64_t>()[i]) : wide.data<int32_t>()[i];
  }
  return {clip.encode_pixels(c, io.at("image"), Output::kFeatures), clip.encode_tokens(c, tokens, Output::kFeatures)};
}

struct Case {
  const char *folder, *file, *prefix, *config;
};

class GoldenModel : public ::testing::TestWithParam<Case> {};

// The reference backend computes in float64, as the recorded *_f64 values were: only the rounding of the result to
// float32 (2^-24 relative) and the order of float64 sums are left.
constexpr double kRelative = 0x1p-24 + 1e-12, kAbsolute = 1e-11;

TEST_P(GoldenModel, GivesTheRecordedFeaturesFromTheRecordedPixelsAndIds) {
  const Case& c = GetParam();
  const std::string folder = std::string("models/") + c.folder;
  CLIPKIT_GOLDEN_OR_SKIP(io_path, folder + "/io.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(path, folder + "/" + c.file);
  const StateDict io = read_golden(io_path);
  const Checkpoint checkpoint = open_checkpoint(path);
  std::vector<std::string> assumptions;
  const ModelConfig config = *c.config != '\0' ? config_by_name_or_file(golden(folder + "/" + c.config).string())
                                               : config_of(checkpoint, assumptions);
  Clip clip(config, true, true);
  clip.load(checkpoint.tensors, {}, path.string());
  const Features features = run(clip, io);
  const std::string prefix = c.prefix;
  const bool exact = io.contains(prefix + "image_features_f64");
  const std::string suffix = exact ? "_f64" : "";
  // Without a float64 record the float32 one deviates by up to 5e-6; the tolerance is the one recorded with it.
  const double absolute = exact ? kAbsolute : 2e-5, relative = exact ? kRelative : 2e-5;
  expect_close(features.image, io.at(prefix + "image_features" + suffix), absolute, relative, "image features");
  expect_close(features.text, io.at(prefix + "text_features" + suffix), absolute, relative, "text features");
}

INSTANTIATE_TEST_SUITE_P(
    Formats, GoldenModel,
    ::testing::Values(Case{"tiny-vit", "model.safetensors", "", ""}, Case{"tiny-vit", "openai_jit_fp32.pt", "", ""},
                      Case{"tiny-vit", "openai_jit_fp16.pt", "fp16weights.", ""},
                      Case{"tiny-vit", "state_dict.pt", "fp16weights.", ""}, Case{"tiny-vit", "hf", "", ""},
                      Case{"tiny-vit", "hf/model.safetensors", "", ""},
                      Case{"tiny-vit", "clip_cpp_f16.gguf", "gguf_f16.", ""},
                      Case{"tiny-rn", "model.safetensors", "", ""},
                      Case{"tiny-rn", "openai_jit_fp16.pt", "fp16weights.", ""},
                      Case{"tiny-openclip", "open_clip_model.safetensors", "", ""}, Case{"tiny-openclip", ".", "", ""},
                      Case{"tiny-openclip", "open_clip_pytorch_model.bin", "", "open_clip_config.json"},
                      Case{"tiny-openclip", "epoch_3.pt", "", "open_clip_config.json"},
                      Case{"tiny-openclip", "custom_text.safetensors", "", "open_clip_config.json"},
                      Case{"tiny-openclip", "hf", "", ""}),
    [](const auto& test) {
      std::string name = std::string(test.param.folder) + "_" + test.param.file;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name;
    });

TEST(GoldenModelFp16, RoundingTheWeightsGivesWhatOpenAisLoaderGives) {
  for (const char* folder : {"models/tiny-vit", "models/tiny-rn"}) {
    CLIPKIT_GOLDEN_OR_SKIP(path, std::string(folder) + "/model.safetensors");
    const StateDict io = read_golden(golden(std::string(folder) + "/io.safetensors"));
    const Checkpoint checkpoint = open_checkpoint(path);
    std::vector<std::string> assumptions;
    Clip clip(config_of(checkpoint, assumptions), true, true);
    clip.load(checkpoint.tensors, {}, folder);
    clip.round_to_fp16();
    const Features features = run(clip, io);
    expect_close(features.image, io.at("fp16weights.image_features_f64"), kAbsolute, kRelative, folder);
    expect_close(features.text, io.at("fp16weights.text_features_f64"), kAbsolute, kRelative, folder);
  }
}

TEST(GeneratedModel, GivesTheFeaturesThatTheReferenceRecorded) {
  for (const char* name : {"mini-vit", "mini-rn"}) {
    CLIPKIT_GOLDEN_OR_SKIP(path, std::string("parity/") + name + ".safetensors");
    const StateDict io = read_golden(path);
    const ModelConfig config = config_by_name(name);
    const StateDict weights = generate_weights(config);
    Clip clip(config, true, true);
    clip.load(weights, {}, name);
    const Features features = run(clip, io);
    expect_close(features.image, io.at("image_features_f64"), kAbsolute, kRelative, name);
    expect_close(features.text, io.at("text_features_f64"), kAbsolute, kRelative, name);
  }
}

}  // namespace
}  // namespace clipkit
