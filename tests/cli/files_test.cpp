// preprocess, info, convert: one file in, one answer out.
#include <cmath>

#include "cli/program.h"
#include "clipkit/clipkit.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PreprocessCommand : public CliTest {};

TEST_F(PreprocessCommand, WritesTheCropAndTheTensor) {
  ASSERT_EQ(clipkit({"preprocess", picture("face.png"), "--size", "32", "--output", in_folder("crop.png")}).status, 0);
  ASSERT_EQ(clipkit({"preprocess", picture("face.png"), "--size=32", "--output", in_folder("pixels.npy")}).status, 0);
  PreprocessConfig config;
  config.height = config.width = 32;
  const Image crop = resize_and_crop(read_image(picture("face.png")), config);
  EXPECT_EQ(read_image(in_folder("crop.png")).pixels, crop.pixels);
  std::vector<float> expected(3 * 32 * 32);
  normalize(crop, config, expected);
  const Tensor pixels = read_npy(in_folder("pixels.npy"));
  EXPECT_EQ(pixels.shape(), (Shape{3, 32, 32}));
  EXPECT_EQ(std::vector<float>(pixels.span<float>().begin(), pixels.span<float>().end()), expected);
}

TEST_F(PreprocessCommand, TakesSettingsFromAModelAndFromOptions) {
  ASSERT_EQ(clipkit({"preprocess", picture("face.png"), "--model", kModel, "--output", in_folder("a.png")}).status, 0);
  EXPECT_EQ(read_image(in_folder("a.png")).width, 64);
  PreprocessConfig config;
  config.height = config.width = 40;
  config.resize_mode = ResizeMode::kLongest;
  config.interpolation = Interpolation::kBilinear;
  config.color_order = ColorOrder::kBeforeResize;
  config.fill_color = 9;
  ASSERT_EQ(clipkit({"preprocess", picture("house.png"), "--size", "40", "--resize-mode", "longest", "--interpolation",
                     "bilinear", "--rgb-first", "--fill", "9", "--output", in_folder("b.png")})
                .status,
            0);
  EXPECT_EQ(read_image(in_folder("b.png")).pixels, resize_and_crop(read_image(picture("house.png")), config).pixels);
}

TEST_F(PreprocessCommand, ReadsStandardInputAndReportsBadPictures) {
  const std::string whole = slurp(picture("face.png"));
  EXPECT_EQ(clipkit({"preprocess", "-", "--output", in_folder("a.png")}, whole).status, 0);
  fs::remove(in_folder("a.png"));
  for (const std::string& bad : {std::string(), std::string("text"), whole.substr(0, whole.size() / 2)}) {
    spill(folder_ / "bad.png", bad);
    const Result result = clipkit({"preprocess", in_folder("bad.png"), "--output", in_folder("a.png")});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr("bad.png: "));
    EXPECT_EQ(clipkit({"preprocess", "-", "--output", in_folder("a.png")}, bad).status, 1);
  }
  const Result large = clipkit({"preprocess", picture("face.png"), "--output", in_folder("absent/a.png")});
  EXPECT_EQ(large.status, 1);
  EXPECT_THAT(names_in_folder(), ElementsAre("bad.png"));
}

class InfoCommand : public CliTest {};

TEST_F(InfoCommand, DescribesACheckpoint) {
  const std::string file = in_folder("m.safetensors");
  ASSERT_EQ(clipkit({"convert", kModel, file, "--layout", "openai", "--dtype", "fp16"}).status, 0);
  const Result text = clipkit({"info", file, "--tensors"});
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("ViT, 64 px in patches of 16 px, width 128, 2 layers"));
  EXPECT_THAT(text.out, HasSubstr("7244929"));
  EXPECT_THAT(text.out, HasSubstr("float16"));
  EXPECT_THAT(text.out, HasSubstr("visual.conv1.weight"));

  const Result result = clipkit({"info", "--json", "--tensors", file});
  const json info = json::parse(result.out);
  EXPECT_EQ(info["parameters"], 7244929);
  EXPECT_EQ(info["container"], "safetensors");
  EXPECT_EQ(info["num_nan"], 0);
  bool found = false;
  for (const json& tensor : info["tensors"]) {
    if (tensor["name"] != "visual.conv1.weight") continue;
    found = true;
    EXPECT_EQ(tensor["shape"], (json{128, 3, 16, 16}));
    EXPECT_EQ(tensor["dtype"], "float16");
    EXPECT_EQ(tensor["maps_to"], "visual.conv1.weight");
  }
  EXPECT_TRUE(found);
}

TEST_F(InfoCommand, ReportsFilesThatAreNoCheckpoints) {
  spill(folder_ / "empty.pt", "");
  spill(folder_ / "text.safetensors", "hello, this is no checkpoint");
  spill(folder_ / "long.safetensors", std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F{}", 10));
  for (const char* name : {"empty.pt", "text.safetensors", "long.safetensors", "absent.pt", "."}) {
    const Result result = clipkit({"info", in_folder(name)});
    EXPECT_EQ(result.status, 1) << name;
    EXPECT_THAT(result.err, HasSubstr(folder_.string())) << name;
    EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

class ConvertCommand : public CliTest {};

TEST_F(ConvertCommand, LeavesNothingBehindWhenItFails) {
  const Result from_nothing =
      clipkit({"convert", in_folder("absent.pt"), in_folder("to.safetensors"), "--layout", "openai"});
  EXPECT_EQ(from_nothing.status, 1);
  EXPECT_EQ(clipkit({"convert", "generated:mini-rn", in_folder("hf"), "--layout", "hf"}).status, 1);
  EXPECT_EQ(clipkit({"convert", kModel, in_folder("absent/to.safetensors"), "--layout", "openai"}).status, 1);
  const std::string full = std::string("ulimit -f 8; trap '' XFSZ; exec ") + CLIPKIT_PROGRAM + " convert " + kModel +
                           " " + in_folder("to.safetensors") + " --layout openai";
  EXPECT_EQ(Process({"/bin/sh", "-c", full}).wait().status, 1);
  EXPECT_THAT(names_in_folder(), IsEmpty());
}

TEST_F(ConvertCommand, RefusesToReplaceItsSource) {
  const std::string file = in_folder("m.safetensors");
  ASSERT_EQ(clipkit({"convert", kModel, file, "--layout", "openai"}).status, 0);
  EXPECT_EQ(clipkit({"convert", file, file, "--layout", "openai", "--dtype", "bf16"}).status, 2);
}

class BenchCommand : public CliTest {};

TEST_F(BenchCommand, MeasuresAgainstThePeakOfTheMachine) {
  const Result result = clipkit({"bench", "--json", "--time", "1", "--batch", "2", kModel});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_GT(json::parse(lines[0])["fp32_gflops"].get<double>(), 0);
  for (size_t i = 1; i < lines.size(); ++i) {
    const json line = json::parse(lines[i]);
    EXPECT_EQ(line["batch"], 2);
    EXPECT_GT(line["best_ms"].get<double>(), 0);
    EXPECT_GT(line["ratio_to_peak"].get<double>(), 0);
  }
  EXPECT_EQ(clipkit({"bench", "--batch", "x"}).status, 2);
}

}  // namespace
}  // namespace clipkit::testing
