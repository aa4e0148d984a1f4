// export: ONNX files that ONNX Runtime runs, to the features that we give; what is said where that cannot be done.
#include <algorithm>

#include "cli/program.h"
#include "clipkit/clipkit.h"
#include "support/golden.h"
#include "support/made_inputs.h"

namespace clipkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Words = std::vector<std::string>;

Result run_onnx(Words arguments) {
  Words command = {"node", CLIPKIT_SOURCE_DIR "/bench/peers/onnxruntime.cjs"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  try {
    return Process(command).wait();
  } catch (const std::runtime_error& error) {
    return {.status = 127, .out = {}, .err = error.what()};
  }
}

#define CLIPKIT_ONNX_RUNTIME_OR_SKIP()   \
  if (run_onnx({"--probe"}).status != 0) \
  GTEST_SKIP() << "node does not find onnxruntime-node: npm install --ignore-scripts it and set NODE_PATH"

// Largest difference over the largest value. Both sides sum a few hundred products a few dozen times in float32, in
// orders of their own: expected 1e-6, and never more than the 1e-4 that the project promises of every float32 path.
constexpr double kRelative = 1e-4;
double relative_error(const TensorView& found, const TensorView& expected) {
  const auto [largest, scale] = difference(found, expected);
  return largest / scale;
}

class ExportCommand : public CliTest {
 protected:
  Result export_onnx(const std::string& model, const Words& more = {}) {
    Words arguments = {"export", "--model", model, "--onnx", in_folder("onnx")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return clipkit(arguments);
  }
  // Runs a written model; its outputs are in out/ then.
  void run(const std::string& file, const std::vector<std::pair<std::string, const Tensor*>>& inputs) {
    Words arguments = {in_folder("onnx/" + file), in_folder("out")};
    fs::create_directories(folder_ / "out");
    for (const auto& [name, tensor] : inputs) {
      write_npy(folder_ / (name + ".npy"), *tensor);
      arguments.push_back(name + "=" + in_folder(name + ".npy"));
    }
    const Result result = run_onnx(arguments);
    ASSERT_EQ(result.status, 0) << result.err;
  }
  Tensor output(const std::string& name) const { return read_npy(folder_ / "out" / (name + ".npy")); }

  // Holds both towers against our features, for several batches and text lengths.
  void expect_our_features(const std::string& name, const LoadOptions& options = {}, const Words& more = {}) {
    const Result result = export_onnx(name, more);
    ASSERT_EQ(result.status, 0) << result.err;
    const Model model = load(name, options);
    double image = 0, text = 0;
    for (const int64_t batch : {1, 2, 5}) {
      const Tensor pixels = made_pixels(model.config(), batch);
      run("vision_model.onnx", {{"pixel_values", &pixels}});
      image = std::max(image, relative_error(output("image_embeds"), model.encode_pixels(pixels)));
    }
    const int context = model.config().text.context_length;
    for (const auto& [batch, length] : {std::pair{1, context}, {2, 1}, {3, 7}, {5, context - 1}}) {
      const Tensor tokens = made_tokens(model.config(), batch, length);
      run("text_model.onnx", {{"input_ids", &tokens}});
      text = std::max(text, relative_error(output("text_embeds"), model.encode_tokens(tokens)));
    }
    EXPECT_LE(image, kRelative);
    EXPECT_LE(text, kRelative);
    std::printf("%s: relative error image %.2g, text %.2g\n", name.c_str(), image, text);
  }
};

TEST_F(ExportCommand, GivesOurFeaturesInOnnxRuntimeForGoldenModels) {
  CLIPKIT_ONNX_RUNTIME_OR_SKIP();
  for (const char* name : {"tiny-vit/model.safetensors", "tiny-vit/hf", "tiny-vit/openai_jit_fp16.pt",
                           "tiny-rn/model.safetensors", "tiny-openclip", "tiny-openclip/hf"}) {
    CLIPKIT_GOLDEN_OR_SKIP(path, std::string("models/") + name);
    expect_our_features(path.string());
  }
}

TEST_F(ExportCommand, GivesOurFeaturesInOnnxRuntimeForGeneratedModels) {
  CLIPKIT_ONNX_RUNTIME_OR_SKIP();
  expect_our_features("generated:mini-vit");
  expect_our_features("generated:mini-rn");
}

TEST_F(ExportCommand, FollowsEveryActivationSizeAndPooling) {
  CLIPKIT_ONNX_RUNTIME_OR_SKIP();
  ModelConfig config = config_by_name("mini-vit");
  config.text.vocab_size = 300;
  config.text.pooling = TextPooling::kEndId;
  config.text.end_id = 250;
  config.text.transformer.eps = 1e-3;
  config.text.transformer.heads = 1;
  std::get<VitConfig>(config.vision).transformer.heads = 8;
  spill(folder_ / "small.json", to_json(config));
  const std::string model = "generated:" + in_folder("small.json");
  for (const auto& [word, activation] : {std::pair{"quick_gelu", Activation::kQuickGelu},
                                         {"gelu", Activation::kGelu},
                                         {"gelu_tanh", Activation::kGeluTanh}}) {
    LoadOptions options;
    options.activation = activation;
    expect_our_features(model, options, {"--activation", word});
  }
  LoadOptions options;
  options.image_size = 83;  // no multiple of a patch
  options.context_length = 20;
  expect_our_features(model, options, {"--image-size", "83", "--context-length", "20"});
}

TEST_F(ExportCommand, WritesOneFileWithLogits) {
  CLIPKIT_ONNX_RUNTIME_OR_SKIP();
  ASSERT_EQ(export_onnx("emoji", {"--joint"}).status, 0);
  const Model model = load("emoji");
  const Tensor pixels = made_pixels(model.config(), 3), tokens = made_tokens(model.config(), 2, 9);
  run("model.onnx", {{"pixel_values", &pixels}, {"input_ids", &tokens}});
  const Tensor image = model.encode_pixels(pixels), text = model.encode_tokens(tokens);
  const auto [per_image, per_text] = model.logits(image, text);
  EXPECT_LE(relative_error(output("logits_per_image"), per_image), kRelative);
  EXPECT_LE(relative_error(output("logits_per_text"), per_text), kRelative);
  EXPECT_LE(relative_error(output("image_embeds"), normalize_rows(image)), kRelative);
  EXPECT_LE(relative_error(output("text_embeds"), normalize_rows(text)), kRelative);
}

TEST_F(ExportCommand, KeepsTheBitsWhereverTheWeightsLie) {
  CLIPKIT_ONNX_RUNTIME_OR_SKIP();
  const Tensor pixels = made_pixels(load("emoji").config(), 2);
  ASSERT_EQ(export_onnx("emoji", {"--tower", "image", "--normalize"}).status, 0);
  run("vision_model.onnx", {{"pixel_values", &pixels}});
  const Tensor within = output("image_embeds");
  ASSERT_EQ(export_onnx("emoji", {"--tower", "image", "--normalize", "--external-data"}).status, 0);
  EXPECT_LT(fs::file_size(in_folder("onnx/vision_model.onnx")), 200'000);
  run("vision_model.onnx", {{"pixel_values", &pixels}});
  EXPECT_EQ(difference(output("image_embeds"), within).largest, 0);
  EXPECT_LE(relative_error(within, normalize_rows(load("emoji").encode_pixels(pixels))), kRelative);
}

TEST_F(ExportCommand, RefusesTextsLongerThanTheContextWhenItIsRun) {
  CLIPKIT_ONNX_RUNTIME_OR_SKIP();
  ASSERT_EQ(export_onnx("emoji", {"--tower", "text"}).status, 0);
  write_npy(folder_ / "ids.npy", Tensor::zeros({1, load("emoji").config().text.context_length + 1}, DType::kInt64));
  const Result result =
      run_onnx({in_folder("onnx/text_model.onnx"), in_folder(""), "input_ids=" + in_folder("ids.npy")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("positional_embedding/Gather"));
}

TEST_F(ExportCommand, ListsWhatItWrote) {
  const Result text = export_onnx("emoji", {"--external-data", "--tower", "text"});
  EXPECT_EQ(lines_of(text.out).size(), 2u) << text.out << text.err;
  const Result listed = export_onnx("emoji", {"--json"});
  ASSERT_EQ(listed.status, 0) << listed.err;
  const Words lines = lines_of(listed.out);
  ASSERT_EQ(lines.size(), 2u);
  for (const std::string& line : lines) {
    const auto file = nlohmann::json::parse(line);
    EXPECT_EQ(file["model_bytes"], fs::file_size(file["model"].get<std::string>()));
    EXPECT_FALSE(file.contains("weights"));
  }
}

TEST_F(ExportCommand, SaysWhatIsWrongWithTheCommand) {
  for (const Words& arguments : {Words{"export"}, Words{"export", "--onnx", in_folder("onnx"), "more"},
                                 Words{"export", "--onnx", in_folder("onnx"), "--joint", "--tower", "text"},
                                 Words{"export", "--onnx", in_folder("onnx"), "--tower", "both?"}}) {
    const Result result = clipkit(arguments);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("clipkit help export"));
  }
  EXPECT_THAT(names_in_folder(), IsEmpty());
}

TEST_F(ExportCommand, LeavesNoPartOfAFileWhereItCannotWrite) {
  EXPECT_EQ(export_onnx(in_folder("absent.pt")).status, 1);
  EXPECT_THAT(names_in_folder(), IsEmpty());

  spill(folder_ / "onnx", "a file");
  const Result no_folder = export_onnx("emoji");
  EXPECT_EQ(no_folder.status, 1);
  EXPECT_THAT(no_folder.err, HasSubstr("onnx: cannot make the folder: "));
  fs::remove(folder_ / "onnx");

  // A limit on the size of files is the full disk that needs no disk. ulimit counts blocks of 512 bytes.
  for (const std::string more : {"", "--external-data"}) {
    const Result full = Process({"sh", "-c", "ulimit -f 2000 && exec \"$0\" export --onnx \"$1\" " + more,
                                 CLIPKIT_PROGRAM, in_folder("onnx")})
                            .wait();
    EXPECT_EQ(full.status, 1) << full.err;
    EXPECT_THAT(full.err, HasSubstr(".onnx"));
    EXPECT_THAT(full.err, HasSubstr(": cannot write: File too large\n"));
    EXPECT_TRUE(fs::is_empty(folder_ / "onnx"));
  }
}

TEST_F(ExportCommand, NamesTheTowerThatIsNotThere) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-vit/model.safetensors");
  NamedTensors content = read_tensor_file(path);
  std::erase_if(content.tensors, [](const auto& entry) { return !entry.first.starts_with("visual."); });
  write_tensor_file(folder_ / "image.safetensors", content);
  const Result joint = export_onnx(in_folder("image.safetensors"), {"--joint"});
  EXPECT_EQ(joint.status, 1);
  EXPECT_THAT(joint.err,
              HasSubstr("image.safetensors: one file with logits needs both towers, there is no text tower"));
}

}  // namespace
}  // namespace clipkit::testing
