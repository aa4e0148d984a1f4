// eval zero-shot, probe, retrieval: small sets on disk in, numbers and reports out, with the model that comes with
// clipkit.
#include "cli/program.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EvalCommand : public CliTest {
 protected:
  // Class folders with grey and red pictures, so many of each class and split.
  std::string write_set(int num) {
    for (const std::string split : {"train", "test"}) {
      for (const std::string name : {"heart", "cloud"}) {
        fs::create_directories(folder_ / "set" / split / name);
        for (int i = 0; i < num; ++i) {
          std::string pixels;
          for (int p = 0; p < 64; ++p) {
            const char shade = static_cast<char>(90 + (7 * p + i) % 60);
            pixels += name == "heart" ? std::string{char(120), char(i), char(p % 16)} : std::string(3, shade);
          }
          spill(folder_ / "set" / split / name / (std::to_string(i) + ".ppm"), "P6 8 8 255\n" + pixels);
        }
      }
    }
    return in_folder("set");
  }
  Result eval(const std::string& task, std::vector<std::string> more) {
    std::vector<std::string> args = {"eval", task, "--cache", in_folder("cache"), "--resamples", "20"};
    args.insert(args.end(), more.begin(), more.end());
    return clipkit(args);
  }
};

TEST_F(EvalCommand, ShowsItsSubcommands) {
  EXPECT_THAT(clipkit({"help", "eval"}).out, HasSubstr("\n  eval zero-shot "));
  EXPECT_THAT(clipkit({"eval", "probe", "--help"}).out, StartsWith("usage: clipkit eval probe [options]"));
  EXPECT_EQ(clipkit({"eval", "zero-shot"}).status, 2);
  EXPECT_THAT(clipkit({"eval", "zero-shot"}).err, HasSubstr("--data is missing"));
  EXPECT_EQ(eval("zero-shot", {"--data", "x", "--template", "none"}).status, 2);
  EXPECT_EQ(eval("retrieval", {"--data", "x", "--prompt", "none"}).status, 2);
  EXPECT_EQ(eval("probe", {"--data", "x", "--shots", "1,two"}).status, 2);
  EXPECT_EQ(eval("probe", {"--data", "x", "--shots", "1", "--lambda", "1"}).status, 2);
  EXPECT_EQ(eval("probe", {"--data", "x", "--heads", "probe"}).status, 2);
  EXPECT_THAT(eval("probe", {"--data", "x", "--shots", "1", "--heads", "probe,tip-adaptor"}).err,
              HasSubstr("did you mean tip-adapter?"));
  EXPECT_EQ(eval("zero-shot", {"--data", in_folder("nowhere")}).status, 1);
}

TEST_F(EvalCommand, ZeroShotPrintsTextJsonAndAReport) {
  const std::string set = write_set(6);
  spill(in_folder("set/test/cloud/5.ppm"), "P6 8 8 255\nshort");
  const Result text = eval("zero-shot", {"--data", set, "--report", in_folder("out")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("set: 11 pictures, 2 classes\naccuracy "));
  EXPECT_THAT(text.err, HasSubstr("5.ppm: left out: "));
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<h1>Zero-shot: set</h1>"));
  const Result again = eval("zero-shot", {"--data", set, "--json"});
  json found = json::parse(again.out), kept = json::parse(slurp(in_folder("out/result.json")));
  EXPECT_THAT(found["origin"]["command"], StartsWith("clipkit eval zero-shot --cache "));
  found["origin"].erase("command");
  kept["origin"].erase("command");
  EXPECT_EQ(found, kept) << "computed and from the cache";
  EXPECT_EQ(found["origin"]["unreadable"].size(), 1U);
}

TEST_F(EvalCommand, ZeroShotTakesOtherWords) {
  const std::string set = write_set(2);
  spill(in_folder("classes.txt"), "cloud\theart\ncloud\n");
  const json found = json::parse(
      eval("zero-shot", {"--data", set, "--json", "--classes", in_folder("classes.txt"), "--template", "{}"}).out);
  EXPECT_EQ(found["prompts"], 3);
  spill(in_folder("classes.txt"), "one\n");
  EXPECT_THAT(eval("zero-shot", {"--data", set, "--classes", in_folder("classes.txt")}).err,
              HasSubstr("1 class names for the 2 classes of set"));
  spill(in_folder("prompts.json"), R"({"heart": ["a red heart"], "cloud": ["a cloud", "clouds"]})");
  EXPECT_EQ(
      json::parse(eval("zero-shot", {"--data", set, "--json", "--prompts", in_folder("prompts.json")}).out)["prompts"],
      3);
}

TEST_F(EvalCommand, ZeroShotSaysThatTextsAreCutOff) {
  const std::string set = write_set(2);
  std::string text = "{}";
  for (int i = 0; i < 80; ++i) text += " word";
  const Result result = eval("zero-shot", {"--data", set, "--json", "--template", "{}", "--template", text});
  EXPECT_EQ(json::parse(result.out)["origin"]["cut_texts"], 2);
  EXPECT_THAT(result.err, HasSubstr("2 texts are longer than the model's context"));
}

TEST_F(EvalCommand, ProbeLearnsFromTheTrainingSplit) {
  const std::string set = write_set(10);
  const Result text = eval("probe", {"--data", set, "--report", in_folder("out")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("\naccuracy 100.00 %"));
  EXPECT_THAT(text.out, HasSubstr("fitted on          20 pictures, 192 features"));
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<svg"));
  const json fixed_lambda = json::parse(eval("probe", {"--data", set, "--json", "--lambda", "1"}).out);
  EXPECT_EQ(fixed_lambda["lambda"], 1);
  EXPECT_TRUE(fixed_lambda["trials"].empty());
}

TEST_F(EvalCommand, FewShotsStandNextToZeroShot) {
  const std::string set = write_set(5);
  const Result text =
      eval("probe", {"--data", set, "--shots", "1,2,full", "--seeds", "2", "--report", in_folder("out")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("\nzero-shot "));
  EXPECT_THAT(text.out, HasSubstr("Tip-Adapter"));
  EXPECT_THAT(text.out, HasSubstr("\nfull "));
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<svg"));
  EXPECT_THAT(eval("probe", {"--data", set, "--shots", "6"}).err,
              HasSubstr("has 5 training pictures, 6 are asked for"));
}

TEST_F(EvalCommand, FewShotsFineTuneIfAskedTo) {
  const std::string set = write_set(4);
  const Result result = eval("probe", {"--data", set, "--shots", "1,2", "--seeds", "1", "--heads", "fine-tuned,wise-ft",
                                       "--fine-tune-epochs", "2", "--fine-tune-lr", "1e-3", "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("fine-tuning: 0.0"));
  EXPECT_THAT(result.err, HasSubstr(" GB of memory: parameters "));
  const json heads = json::parse(result.out)["heads"];
  ASSERT_EQ(heads.size(), 2U);
  EXPECT_EQ(heads[0]["name"], "WiSE-FT");
  EXPECT_THAT(heads[0]["points"][0]["chosen"][0].get<std::string>(), ::testing::AnyOf("zero-shot", "alpha 0.5"));
  EXPECT_EQ(heads[1]["points"][1]["chosen"][0], "alpha 1");
}

TEST_F(EvalCommand, RetrievalRanksPairs) {
  fs::create_directories(in_folder("pairs"));
  for (int i = 0; i < 3; ++i) {
    const std::string name = in_folder("pairs/" + std::to_string(i));
    spill(name + ".pgm", "P5 4 2 255\n" + std::to_string(12345678 * (i + 1)).substr(0, 8));
    spill(name + ".txt", "picture " + std::to_string(i) + "\nanother caption of " + std::to_string(i) + "\n");
  }
  const Result text = eval("retrieval", {"--data", in_folder("pairs"), "--report", in_folder("out")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("3 pictures, 6 captions\n"));
  const json found = json::parse(eval("retrieval", {"--data", in_folder("pairs"), "--json"}).out);
  EXPECT_EQ(found["text_to_image"]["queries"], 6);
  EXPECT_EQ(found["text_to_image"]["recall@5"]["value"], 1);
  EXPECT_EQ(found["dtype"], "fp32");
  const json bits = json::parse(eval("retrieval", {"--data", in_folder("pairs"), "--json", "--dtype", "bits"}).out);
  EXPECT_EQ(bits["dtype"], "bits");
  EXPECT_EQ(bits["text_to_image"]["recall@5"]["value"], 1);
}

// CIFAR-10's binary layout, five pictures a class for training and for testing.
TEST_F(EvalCommand, SuiteTakesWhatIsThereAndGoesOn) {
  fs::create_directories(in_folder("data/cifar-10-batches-bin"));
  std::string batch;
  for (int i = 0; i < 50; ++i) batch += static_cast<char>(i % 10) + std::string(3072, static_cast<char>(20 * (i % 10)));
  for (const char* name :
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"})
    spill(in_folder("data/cifar-10-batches-bin/" + std::string(name) + ".bin"), batch);
  spill(in_folder("data/cifar-10-batches-bin/batches.meta.txt"),
        "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n");
  const std::vector<std::string> args = {"--data-root", in_folder("data"), "--output", in_folder("out"), "--probe"};
  const Result first = eval("suite", args);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("cifar10"));
  EXPECT_THAT(first.out, HasSubstr("50 pictures"));
  EXPECT_TRUE(fs::exists(in_folder("out/zero-shot/cifar10/index.html")));
  EXPECT_TRUE(fs::exists(in_folder("out/probe/cifar10/result.json")));
  const Result again = eval("suite", args);
  EXPECT_THAT(again.out, HasSubstr("from an earlier run"));
  EXPECT_THAT(again.out, ::testing::Not(HasSubstr("50 pictures")));
  const auto report = fs::last_write_time(in_folder("out/probe/cifar10/index.html"));
  fs::last_write_time(in_folder("data/cifar-10-batches-bin/test_batch.bin"), report + std::chrono::seconds(2));
  EXPECT_THAT(eval("suite", args).out, HasSubstr("50 pictures")) << "changed after the report";
  fs::create_directories(in_folder("empty"));
  EXPECT_EQ(eval("suite", {"--data-root", in_folder("empty"), "--output", in_folder("out")}).status, 1);
  EXPECT_EQ(eval("suite", {"--output", in_folder("out")}).status, 2);
}

}  // namespace
}  // namespace clipkit::testing
