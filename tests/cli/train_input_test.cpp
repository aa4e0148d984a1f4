// train with data, files and options that are not what they should be: one message that names them, before time is
// spent.
#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class TrainBadInput : public TrainCommand {
 protected:
  // The last line of a run that ends with status 1 before its first step.
  std::string message_of(const Words& more, const std::string& logs = "run") const {
    const Result result = train(logs, more);
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_FALSE(fs::exists(folder_ / logs / "options.json")) << "a run has begun";
    return last_line(result);
  }
  std::string message_of_data(const std::string& data) const { return message_of({"--train-data", data}); }
  // Shards of the pairs, cut to two.
  std::string pack(const std::string& name) const {
    EXPECT_EQ(
        clipkit({"data", "pack", "--shard-samples", "12", "--output", in_folder(name), in_folder("pairs")}).status, 0);
    return in_folder(name);
  }
};

TEST_F(TrainBadInput, DataThatAreNotThere) {
  EXPECT_EQ(message_of_data(in_folder("none")), "clipkit: " + in_folder("none") + ": no such file or folder");
  EXPECT_EQ(message_of_data(in_folder("none.tar")),
            "clipkit: " + in_folder("none.tar") + ": cannot open: No such file or directory");
  EXPECT_EQ(message_of({"--val-data", in_folder("none")}),
            "clipkit: " + in_folder("none") + ": no such file or folder");
  fs::create_directories(folder_ / "empty");
  EXPECT_EQ(message_of_data(in_folder("empty")),
            "clipkit: " + in_folder("empty") + ": no usable image-text pair in it");
}

TEST_F(TrainBadInput, EmptyAndDamagedShards) {
  spill(folder_ / "empty.tar", "");
  EXPECT_THAT(message_of_data(in_folder("empty.tar")),
              EndsWith("empty.tar: the tar file is truncated: it ends at byte 0, without an end mark)"));
  spill(folder_ / "empty.tar", std::string(10240, '\0'));
  EXPECT_EQ(message_of_data(in_folder("empty.tar")),
            "clipkit: " + in_folder("empty.tar") + ": no usable image-text pair in it");
  spill(folder_ / "junk.tar", std::string(4096, 'x'));
  EXPECT_THAT(message_of_data(in_folder("junk.tar")), HasSubstr("damaged tar file: no tar header at byte 0"));

  // Beside a good one they are warned about, and what stands before the damage is used.
  const std::string shards = pack("shards");
  fs::resize_file(shards + "/shard-000001.tar", 10000);
  const Result result = train("run", {"--train-data", shards + "/shard-{000000..000001}.tar"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(lines_of(result.err).at(0),
              HasSubstr("damaged shards: 1 (" + shards + "/shard-000001.tar: the tar file is truncated"));
}

TEST_F(TrainBadInput, ShardsThatMayNotBeRead) {
  if (!can_be_another_user()) GTEST_SKIP() << "the program cannot be started as another user";
  const std::string shards = pack("shards");
  ::chmod((shards + "/shard-000001.tar").c_str(), 0);
  ::chmod(folder_.c_str(), 0777);
  const Result result = Process(not_as_root(program(options("run", {"--train-data", shards})))).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "clipkit: " + shards + "/shard-000001.tar: cannot open: Permission denied\n");
}

TEST_F(TrainBadInput, ListsThatNameMissingPictures) {
  spill(folder_ / "lost.tsv", "filepath\ttitle\nlost1.jpg\ta\nlost2.jpg\tb\n");
  EXPECT_EQ(message_of_data(in_folder("lost.tsv")),
            "clipkit: " + in_folder("lost.tsv") +
                ": no usable image-text pair in it: records whose picture file is "
                "missing: 2 (\"lost1.jpg\", \"lost2.jpg\")");
  spill(folder_ / "other.tsv", "picture\ttext\npairs/100.ppm\ta\n");
  EXPECT_EQ(message_of_data(in_folder("other.tsv")), "clipkit: " + in_folder("other.tsv") +
                                                         ": no column \"filepath\" in the header, there are "
                                                         "\"picture\", \"text\"");

  std::string list = "filepath\ttitle\nlost.jpg\ta\n";
  for (int i = 0; i < 8; ++i)
    list += "pairs/" + std::to_string(100 + i) + ".ppm\tthe picture " + std::to_string(i) + "\n";
  spill(folder_ / "some.tsv", list);
  const Result result = train("run", {"--train-data", in_folder("some.tsv")});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, StartsWith("clipkit: warning: " + in_folder("some.tsv") +
                                     ": records whose picture file is missing: 1 (\"lost.jpg\")\n"));
}

TEST_F(TrainBadInput, PicturesThatAreNone) {
  fs::create_directories(folder_ / "words");
  for (int i = 0; i < 8; ++i) {
    spill(folder_ / ("words/" + std::to_string(i) + ".jpg"), "these are words");
    spill(folder_ / ("words/" + std::to_string(i) + ".txt"), "a caption");
  }
  const Result result = train("run", {"--train-data", in_folder("words"), "--warmup", "1"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(lines_of(result.err).at(1), AllOf(StartsWith("clipkit: warning: left out: "),
                                                HasSubstr(".jpg: not a picture of a known format, expected JPEG")));
  EXPECT_THAT(last_line(result),
              StartsWith("clipkit: 64 samples one after the other could not be read, the last one: "));

  // To measure on they are no use, and no reason to stop.
  const Result measured = train("run2", {"--val-data", in_folder("words"), "--val-frequency", "4"});
  EXPECT_EQ(measured.status, 0);
  EXPECT_THAT(measured.err,
              HasSubstr("clipkit: warning: validation after 12 steps: not one of the pictures could be read\n"));
  EXPECT_THAT(slurp(in_folder("run2/metrics.jsonl")), Not(HasSubstr("val/")));
}

TEST_F(TrainBadInput, PicturesThatBrowsersDoNotKnow) {
  const Result result = train("run", {"--val-data", in_folder("pairs"), "--val-frequency", "4"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, Not(HasSubstr("warning")));
  EXPECT_THAT(slurp(in_folder("run/report.html")), HasSubstr("src=\"data:image/png;base64,"));
}

TEST_F(TrainBadInput, ABatchThatIsLargerThanTheData) {
  EXPECT_EQ(message_of({"--batch-size", "25"}),
            "clipkit: an epoch has 24 pairs, less than one batch of 25: make the batch smaller or give more pairs");
}

TEST_F(TrainBadInput, ModelsThatAreNotThere) {
  EXPECT_THAT(message_of({"--model", "ViT-Q-1"}),
              StartsWith("clipkit: no architecture is called \"ViT-Q-1\"; known are "));
  EXPECT_THAT(message_of({"--model", in_folder("none.json")}), HasSubstr("none.json: cannot open: No such file"));
  EXPECT_THAT(message_of({"--pretrained", in_folder("none")}), HasSubstr("none: no such file or folder"));
  EXPECT_EQ(message_of({"--model", "mini-vit"}), "clipkit: the model has 49408 tokens, the tokenizer 514");
  EXPECT_THAT(message_of({"--tokenizer", in_folder("pairs")}), HasSubstr("pairs"));
  EXPECT_THAT(message_of({"--device", "cuda"}), StartsWith("clipkit: device \"cuda\": "));
}

TEST_F(TrainBadInput, OptionsThatContradictEachOther) {
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"--accum-freq", "9"}, "accum-freq is 9, expected 1 to 8, the pairs of a process"},
      {{"--lr-scheduler", "const-cooldown"},
       "lr-scheduler const-cooldown and epochs-cooldown go together: give epochs-cooldown as well"},
      {{"--epochs-cooldown", "2"}, "lr-scheduler const-cooldown and epochs-cooldown go together: give both or neither"},
      {{"--val-classes", in_folder("tiny.json")}, "val-classes needs val-data, the pictures to classify"},
      {{"--color-jitter", "0.5"},
       "color-jitter and color-jitter-prob go together: one without the other changes nothing"},
      {{"--lock-image-unlocked-groups", "1"}, "unlocked groups without a lock: give lock-image or lock-text as well"},
      {{"--lock-image", "--lock-text"}, "lock-image and lock-text together leave nothing to learn but the temperature"},
      {{"--model", "mini-rn", "--accum-freq", "2"}, "accum-freq cannot be used with a ResNet: "},
      {{"--model", "mini-rn", "--force-patch-dropout", "0.5"},
       "force-patch-dropout needs a ViT: a ResNet has no patches to leave out"},
      {{"--train-data-upsampling-factors", "1::2"}, "2 weights for 1 sources in \"" + in_folder("pairs") + "\""},
      {{"--lr", "0"}, "lr is 0, expected above 0"},
      {{"--beta2", "1"}, "beta2 is 1, expected 0 to below 1"},
  };
  for (const auto& [more, words] : wrong) EXPECT_THAT(message_of(more), StartsWith("clipkit: " + words));

  ASSERT_EQ(train("first").status, 0);
  const std::string model = checkpoint("first", 12).string();
  EXPECT_EQ(message_of({"--pretrained", model, "--siglip"}),
            "clipkit: " + model + ": was trained with the softmax loss, siglip cannot go on from it");
  EXPECT_EQ(message_of({"--pretrained", model, "--model", "mini-vit"}),
            "clipkit: " + model + ": is of another architecture than the model asked for, mini-vit");
}

TEST_F(TrainBadInput, WrongUsageHasTheStatusTwo) {
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"train"}, "give --train-data, or --resume FOLDER"},
      {{"train", in_folder("pairs")}, "is no option"},
      {{"train", "--train-data", "x", "--batch-size", "1"}, "--batch-size is \"1\""},
      {{"train", "--train-data", "x", "--precision", "fp16"}, "--precision is \"fp16\""},
      {{"train", "--train-data", "x", "--train-data-upsampling-factors", "1::x"}, "expected numbers above 0"},
      {{"train", "--train-data", "x", "--config", in_folder("none.json")}, "none.json cannot be read"},
  };
  for (const auto& [words, message] : wrong) {
    const Result result = clipkit(words);
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(lines_of(result.err).size(), 1u);
  }
}

}  // namespace
}  // namespace clipkit::testing
