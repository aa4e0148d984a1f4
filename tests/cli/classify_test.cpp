#include <cmath>

#include "cli/program.h"
#include "clipkit/clipkit.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class ClassifyCommand : public CliTest {
 protected:
  Result classify(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.insert(arguments.begin(), {"classify", "--model", kModel});
    return clipkit(std::move(arguments), input);
  }
};

TEST_F(ClassifyCommand, SaysPlainlyThatMadeUpWeightsMeanNothing) {
  const Result result = classify({picture("face.png"), "a face", "a house"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("clipkit: the weights of generated:mini-vit are made up"));
  EXPECT_EQ(lines_of(result.out).size(), 2u);
  EXPECT_THAT(result.out, HasSubstr("  a face\n"));
}

TEST_F(ClassifyCommand, WithoutAModelTheOneThatComesWithClipkitAnswers) {
  const std::vector<std::string> things = {"rabbit", "pizza", "train"};
  for (const std::string& thing : things) {
    const std::string file = std::string(CLIPKIT_SOURCE_DIR) + "/examples/drawings/" + thing + ".png";
    const Result result = clipkit({"classify", file, "a rabbit", "a pizza", "a train"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("knows emoji and simple drawings alone"));
    ASSERT_EQ(lines_of(result.out).size(), 3u);
    EXPECT_THAT(lines_of(result.out).front(), HasSubstr(thing)) << "the first answer";
    EXPECT_EQ(clipkit({"classify", "--model", "emoji", file, "a rabbit", "a pizza", "a train"}).out, result.out);
  }
}

TEST_F(ClassifyCommand, JsonHoldsEveryLabelAndAgreesWithTheLibrary) {
  const std::vector<std::string> labels = {"a face", "a \"quoted\" house", "une théière", "4", "5", "6", "7"};
  std::vector<std::string> arguments = {picture("face.png"), "--json", "--top-k", "1"};
  arguments.insert(arguments.end(), labels.begin(), labels.end());
  const Result result = classify(arguments);
  ASSERT_EQ(result.status, 0) << result.err;
  const json answer = json::parse(result.out);
  EXPECT_EQ(answer["file"], picture("face.png"));

  const Model model = load(kModel);
  const Tensor features = model.encode_image({read_image(picture("face.png"))});
  const std::vector<std::string> templates = {"{}"};
  const Tensor logits = model.logits(features, model.zero_shot_classifier(labels, templates)).logits_per_image;
  const Tensor probabilities = softmax(logits);
  ASSERT_EQ(answer["probabilities"].size(), labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(answer["logits"][labels[i]].get<float>(), logits.span<float>()[i]) << labels[i];
    EXPECT_EQ(answer["probabilities"][labels[i]].get<float>(), probabilities.span<float>()[i]) << labels[i];
  }
}

TEST_F(ClassifyCommand, SaysWhereTheTimeWent) {
  const Result result = classify({picture("face.png"), "a face", "a house", "--timing"});
  EXPECT_EQ(result.status, 0) << result.err;
  size_t at = 0;
  for (const char* phase : {" s: start ", ", model ", ", labels ", ", decoding ", ", image tower ", ", answers "}) {
    at = result.err.find(phase, at);
    EXPECT_NE(at, std::string::npos) << phase << " in " << result.err;
  }
  EXPECT_EQ(result.out, classify({picture("face.png"), "a face", "a house"}).out);
}

TEST_F(ClassifyCommand, PutsLabelsOfAFileIntoTheTemplate) {
  spill(folder_ / "labels.txt", "dog\r\ncat\n");
  const Result from_file = classify({picture("face.png"), "--json", "--labels", in_folder("labels.txt")});
  const Result spelled_out = classify({picture("face.png"), "--json", "a photo of a dog.", "a photo of a cat."});
  ASSERT_EQ(from_file.status, 0) << from_file.err;
  EXPECT_EQ(json::parse(from_file.out)["logits"]["dog"], json::parse(spelled_out.out)["logits"]["a photo of a dog."]);
  const Result own = classify({picture("face.png"), "--json", "--labels", in_folder("labels.txt"), "--template",
                               "a photo of a {}.", "--template", "a drawing of a {}."});
  EXPECT_NE(json::parse(own.out)["logits"], json::parse(from_file.out)["logits"]);
}

TEST_F(ClassifyCommand, KnowsNamedLabelsAndTemplates) {
  const Result result = classify({picture("face.png"), "--json", "--label-set", "cifar10", "--templates", "cifar-10"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["probabilities"].size(), 10u);
  EXPECT_EQ(classify({picture("face.png"), "--label-set", "cifar11"}).status, 1);
  EXPECT_THAT(classify({picture("face.png"), "--label-set", "cifar11"}).err, HasSubstr("CIFAR10"));
}

TEST_F(ClassifyCommand, ChecksLabels) {
  const Result repeated = classify({picture("face.png"), "--json", "a dog", "a dog", "a cat"});
  EXPECT_EQ(repeated.status, 0);
  EXPECT_THAT(repeated.err, HasSubstr("warning: the label \"a dog\" is given more than once"));
  EXPECT_EQ(json::parse(repeated.out)["probabilities"].size(), 2u);
  EXPECT_EQ(classify({picture("face.png"), "a dog", ""}).status, 2);
  spill(folder_ / "none.txt", "");
  EXPECT_THAT(classify({picture("face.png"), "--labels", in_folder("none.txt")}).err, HasSubstr("there are no labels"));
  EXPECT_EQ(classify({picture("face.png"), "--labels", in_folder("none.txt"), "--", "a dog"}).status, 2);
  EXPECT_EQ(classify({picture("face.png"), "--template", "no place", "a dog"}).status, 2);
  const Result bad_text = classify({picture("face.png"), "a \xFF"});
  EXPECT_EQ(bad_text.status, 1);
  EXPECT_THAT(bad_text.err, HasSubstr("UTF-8"));
}

TEST_F(ClassifyCommand, TakesArgumentsThatExistForPicturesUntilTheSeparator) {
  const Result result =
      classify({picture("face.png"), picture("house.png"), "--json", "--", picture("face.png"), "a house"});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(json::parse(lines[0])["probabilities"].contains(picture("face.png")));
  // Mistyped files are no labels.
  EXPECT_THAT(classify({picture("face.png"), in_folder("absent.png"), "a dog"}).err, HasSubstr("absent.png: "));
  EXPECT_EQ(classify({"absent", "--", "a dog"}).status, 1);
}

TEST_F(ClassifyCommand, FindsPicturesInFoldersByContent) {
  fs::create_directories(folder_ / "b/c");
  fs::copy(picture("face.png"), folder_ / "b/c/no_extension");
  fs::copy(picture("house.png"), folder_ / "a.txt");
  spill(folder_ / "picture.png", "this is no picture");
  fs::create_symlink("nowhere", folder_ / "b/dangling.png");
  const Result result = classify({folder_.string(), "--json", "a dog", "a cat"});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2u) << result.out;
  EXPECT_EQ(json::parse(lines[0])["file"], in_folder("a.txt"));
  EXPECT_EQ(json::parse(lines[1])["file"], in_folder("b/c/no_extension"));
  fs::create_directory(folder_ / "empty");
  EXPECT_THAT(classify({in_folder("empty"), "a dog"}).err, HasSubstr("no pictures in this folder"));
}

TEST_F(ClassifyCommand, ReportsBadPicturesAndAnswersTheOthers) {
  const std::string whole = slurp(picture("face.png"));
  spill(folder_ / "truncated.png", whole.substr(0, whole.size() / 2));
  spill(folder_ / "empty.png", "");
  spill(folder_ / "text.png", "hello");
  const Result result = classify({in_folder("truncated.png"), picture("house.png"), in_folder("empty.png"),
                                  in_folder("text.png"), in_folder("absent.png"), "--json", "--", "a dog", "a cat"});
  EXPECT_EQ(result.status, 1);
  ASSERT_EQ(lines_of(result.out).size(), 1u);
  EXPECT_EQ(json::parse(result.out)["file"], picture("house.png"));
  for (const char* name : {"truncated.png: ", "empty.png: ", "text.png: ", "absent.png: "})
    EXPECT_THAT(result.err, HasSubstr(name));
  EXPECT_THAT(result.err, HasSubstr("4 of 5 pictures could not be read"));
}

TEST_F(ClassifyCommand, ReadsAPictureFromAPipe) {
  const Result piped = classify({"-", "--json", "a dog", "a cat"}, slurp(picture("face.png")));
  const Result named = classify({picture("face.png"), "--json", "a dog", "a cat"});
  ASSERT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(json::parse(piped.out)["logits"], json::parse(named.out)["logits"]);
  const Result nothing = classify({"-", "a dog"});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.err, HasSubstr("standard input"));
}

TEST_F(ClassifyCommand, KeepsAndReusesTheEncodedLabels) {
  const Result made =
      classify({picture("face.png"), "--json", "--save-classifier", in_folder("c.safetensors"), "a dog", "a cat"});
  const Result used = classify({picture("face.png"), "--json", "--classifier", in_folder("c.safetensors")});
  ASSERT_EQ(made.status, 0) << made.err;
  ASSERT_EQ(used.status, 0) << used.err;
  EXPECT_EQ(used.out, made.out);

  classify({picture("face.png"), "--save-classifier", in_folder("c.npy"), "a dog", "a cat"});
  const Result nameless =
      classify({picture("face.png"), "--json", "--classifier", in_folder("c.npy"), "a dog", "a cat"});
  EXPECT_EQ(nameless.out, made.out);
  const Result too_few = classify({picture("face.png"), "--classifier", in_folder("c.npy"), "a dog"});
  EXPECT_EQ(too_few.status, 1);
  EXPECT_THAT(too_few.err, HasSubstr("expected float32 [1, 64]"));
  const Result other = clipkit(
      {"classify", "--model", "generated:mini-rn", picture("face.png"), "--classifier", in_folder("c.safetensors")});
  EXPECT_THAT(other.err, HasSubstr("was made with generated:mini-vit"));
  spill(folder_ / "bad.safetensors", "nonsense");
  EXPECT_EQ(classify({picture("face.png"), "--classifier", in_folder("bad.safetensors")}).status, 1);
}

TEST_F(ClassifyCommand, ReportsModelsThatCannotBeLoaded) {
  spill(folder_ / "model.pt", "PK");
  for (const std::string& model : {in_folder("absent.pt"), in_folder("model.pt"), std::string("generated:no-such")}) {
    const Result result = clipkit({"classify", "--model", model, picture("face.png"), "a dog"});
    EXPECT_EQ(result.status, 1) << model;
    EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_THAT(clipkit({"classify", "--model", "ViT-B/32", picture("face.png"), "a dog"}).err,
              HasSubstr("clipkit pull ViT-B/32"));
}

// shared/data/CLIP.png with the three labels of the recording, through every format that is written: the probabilities
// are the softmax of the recorded logits. Those are good to 1e-3 (golden/README.md); a change of every logit by that
// much changes a probability p by at most 2e-3 p (1 - p) <= 5e-4. Rounding to fp16 and bf16 changes some norms and the
// temperature; there every layout must give the very same answer.
class RecordedLogits : public CliTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(RecordedLogits, AreClassifiedInEveryFormat) {
  const std::string name = GetParam();
  const std::string clip_png = std::string(CLIPKIT_SHARED_DIR) + "/data/CLIP.png";
  if (!fs::exists(clip_png)) GTEST_SKIP() << "needs ../shared/data/CLIP.png";
  const NamedTensors recorded =
      read_tensor_file(std::string(CLIPKIT_TEST_DIR) + "/golden/parity/" + name + ".safetensors");
  const Tensor expected = softmax(recorded.tensors.at("logits_per_image"));
  const std::vector<std::string> labels = {"a diagram", "a dog", "a cat"};

  const Tensor& logits = recorded.tensors.at("logits_per_image");
  const auto answer_of = [&](const std::string& model) {
    const Result result = clipkit({"classify", "--model", model, "--json", clip_png, labels[0], labels[1], labels[2]});
    EXPECT_EQ(result.status, 0) << model << ": " << result.err;
    return json::parse(result.out);
  };
  for (const std::string dtype : {"fp32", "fp16", "bf16"}) {
    std::vector<json> answers;
    if (dtype == "fp32") answers.push_back(answer_of("generated:" + name));
    for (const std::string layout : {"openai", "open_clip", "hf"}) {
      if (name == "mini-rn" && layout == "hf") continue;  // Hugging Face has no form for ResNets
      const std::string to = in_folder(layout + "-" + dtype + (layout == "openai" ? ".safetensors" : ""));
      const Result converted = clipkit({"convert", "generated:" + name, to, "--layout", layout, "--dtype", dtype});
      ASSERT_EQ(converted.status, 0) << converted.err;
      answers.push_back(answer_of(to));
    }
    for (const json& answer : answers) EXPECT_EQ(answer, answers.front()) << dtype;
    if (dtype != "fp32") continue;
    for (size_t i = 0; i < labels.size(); ++i) {
      EXPECT_NEAR(answers[0]["logits"][labels[i]].get<float>(), logits.row<float>(0)[i], 1e-3f);
      EXPECT_NEAR(answers[0]["probabilities"][labels[i]].get<float>(), expected.row<float>(0)[i], 5e-4f);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Models, RecordedLogits, ::testing::Values("mini-vit", "mini-rn"), [](const auto& model) {
  return model.param == std::string("mini-vit") ? "MiniVit" : "MiniRn";
});

}  // namespace
}  // namespace clipkit::testing
