// data stats, pack, filter: pairs on disk in, figures and shards out.
#include <map>
#include <sstream>

#include "cli/program.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DataCommand : public CliTest {
 protected:
  // A folder of so many grey pictures with captions.
  std::string write_pairs(int num) {
    fs::create_directories(folder_ / "in");
    for (int i = 0; i < num; ++i) {
      const std::string name = "in/" + std::to_string(1000 + i);
      spill(folder_ / (name + ".pgm"), "P5 4 2 255\n" + std::to_string(10000000 + i));
      spill(folder_ / (name + ".txt"), "picture number " + std::to_string(i) + "\n");
    }
    return in_folder("in");
  }
  std::map<std::string, std::string> content_of(const std::string& folder) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_ / folder)) {
      files[entry.path().filename().string()] = slurp(entry.path());
    }
    return files;
  }
};

TEST_F(DataCommand, ShowsItsSubcommands) {
  EXPECT_THAT(clipkit({"help", "data"}).out, HasSubstr("\n  data stats "));
  EXPECT_EQ(clipkit({"data", "--help"}).out, clipkit({"help", "data"}).out);
  EXPECT_THAT(clipkit({"help", "data", "stats"}).out, StartsWith("usage: clipkit data stats [options] PAIRS..."));
  EXPECT_EQ(clipkit({"data", "stats", "--help"}).out, clipkit({"help", "data", "stats"}).out);
  const Result wrong = clipkit({"data", "stat"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("there is no command data stat; did you mean data stats?"));
  EXPECT_EQ(clipkit({"data"}).status, 2);
  EXPECT_THAT(clipkit({"data", "stats"}).err, HasSubstr("data stats: no pairs are given (clipkit help data stats)"));
}

TEST_F(DataCommand, StatsAreATableAndJson) {
  const std::string pairs = write_pairs(3);
  spill(folder_ / "in/1001.pgm", "P5 4 2 255\n1234");
  const Result text = clipkit({"data", "stats", pairs, "--report", in_folder("r.html")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("3 pairs, 38 B of pictures (2 ppm)\n"));
  EXPECT_THAT(text.out, HasSubstr("\nwidth (px)"));
  EXPECT_THAT(text.out, HasSubstr("1001.pgm: the PNM file is truncated"));
  EXPECT_THAT(slurp(in_folder("r.html")), HasSubstr("<svg"));
  const json stats = json::parse(clipkit({"data", "stats", "--json", pairs}).out);
  EXPECT_EQ(stats["pairs"], 3);
  EXPECT_EQ(stats["height"]["median"], 2);
  EXPECT_EQ(stats["unreadable"]["corrupt"]["count"], 1);
  EXPECT_EQ(clipkit({"data", "stats", in_folder("none")}).status, 1);
}

TEST_F(DataCommand, PackSurvivesBeingKilledAtAnyMoment) {
  const std::string pairs = write_pairs(300);
  ASSERT_EQ(clipkit({"data", "pack", "--shard-samples", "4", "--output", in_folder("whole"), pairs}).status, 0);
  const std::vector<std::string> command = {
      CLIPKIT_PROGRAM, "data", "pack", "--resume", "--shard-samples", "4", "--output", in_folder("out"), pairs};
  EXPECT_GT(kill_until_one_ends([&] { return command; }, 3, [](int ms) { return ms + 4; }), 0);
  auto found = content_of("out");
  for (auto file = found.begin(); file != found.end();) {  // where the file system has no nameless files
    file = file->first.find(".tmp") != std::string::npos ? found.erase(file) : std::next(file);
  }
  EXPECT_EQ(found, content_of("whole"));
}

TEST_F(DataCommand, PackSaysThatTheDiskIsFullAndGoesOn) {
  const std::string pairs = write_pairs(60);
  const std::string pack = std::string(CLIPKIT_PROGRAM) + " data pack --output " + in_folder("out") + " " + pairs;
  // No file may have more than 32 blocks of 1 KiB; the signal that comes with it is ignored.
  const Result full = Process({"bash", "-c", "trap '' XFSZ; ulimit -f 32; " + pack}).wait();
  EXPECT_EQ(full.status, 1);
  EXPECT_THAT(full.err, HasSubstr("shard-000000.tar: cannot write: File too large"));
  EXPECT_EQ(lines_of(full.err).size(), 1u);
  EXPECT_FALSE(fs::exists(in_folder("out/shard-000000.tar")));
  EXPECT_THAT(clipkit({"data", "pack", "--output", in_folder("out"), pairs}).err, HasSubstr("is not empty; resume"));
  const Result resumed = Process({"bash", "-c", pack + " --resume"}).wait();
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("60 of 60 pairs in 1 shards"));
}

TEST_F(DataCommand, FilterSaysWhatItDropped) {
  const std::string pairs = write_pairs(5);
  spill(folder_ / "in/1001.pgm", slurp(folder_ / "in/1000.pgm"));
  spill(folder_ / "in/1002.txt", "one\nIMG_2041\n");
  const Result text =
      clipkit({"data", "filter", "--drop-duplicates", "--min-words", "2", "--output", in_folder("a"), pairs});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("\ndrop-duplicates      1  20.0 %"));
  EXPECT_THAT(text.out, HasSubstr("\nkept                 3  60.0 %"));
  EXPECT_THAT(text.err, HasSubstr("3 pairs in 1 shards"));
  EXPECT_EQ(lines_of(slurp(in_folder("a/dropped.jsonl"))).size(), 2u);
  const Result result =
      clipkit({"data", "filter", "--json", "--drop-caption-regex", "IMG_[0-9]+", "--output", in_folder("b"), pairs});
  const json summary = json::parse(result.out);
  EXPECT_EQ(summary["kept"], 5);
  EXPECT_EQ(summary["dropped"]["drop-caption-regex"]["captions"], 1);
}

TEST_F(DataCommand, FilterAsksAModel) {
  const std::string pairs = write_pairs(6);
  const std::vector<std::string> command = {"data",
                                            "filter",
                                            "--json",
                                            "--model",
                                            kModel,
                                            "--near-duplicates",
                                            "0.999",
                                            "--min-similarity",
                                            "-1",
                                            "--drop-concept",
                                            "a dog",
                                            "--concept-similarity",
                                            "1",
                                            "--features",
                                            in_folder("features"),
                                            "--output"};
  std::vector<std::string> first = command, again = command;
  first.insert(first.end(), {in_folder("a"), pairs});
  again.insert(again.end(), {in_folder("b"), "--threads", "1", pairs});
  const Result result = clipkit(first);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["pairs"], 6);
  EXPECT_TRUE(fs::exists(in_folder("features/000000.safetensors")));
  EXPECT_EQ(clipkit(again).out, result.out);
  EXPECT_EQ(content_of("a").at("dropped.jsonl"), content_of("b").at("dropped.jsonl"));
}

TEST_F(DataCommand, FilterSaysWhatItNeeds) {
  const std::string pairs = write_pairs(1);
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"data", "filter"});
    arguments.push_back(pairs);
    const Result result = clipkit(arguments);
    EXPECT_EQ(result.status, 2) << result.err;
    return result.err;
  };
  EXPECT_THAT(error({}), HasSubstr("--output is missing"));
  EXPECT_THAT(error({"--output", "x", "--min-similarity", "0.2"}), HasSubstr("need --model"));
  EXPECT_THAT(error({"--output", "x", "--model", kModel}), HasSubstr("no rule asks --model"));
  EXPECT_THAT(error({"--output", "x", "--concept-similarity", "0.2"}), HasSubstr("without --drop-concept"));
  EXPECT_EQ(clipkit({"data", "filter", "--caption-regex", "(", "--output", in_folder("x"), pairs}).status, 1);
  EXPECT_FALSE(fs::exists(in_folder("x")));
}

TEST_F(DataCommand, SetsAreListedAndFoundInAFolder) {
  const Result list = clipkit({"data", "sets"});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("\ncifar100 "));
  fs::create_directories(folder_ / "root/wds_vtab-cifar10/test");
  fs::create_directories(folder_ / "root/DTD/labels");
  spill(folder_ / "root/DTD/labels/test1.txt", "banded/banded_0002.jpg\n");
  spill(folder_ / "root/wds_vtab-cifar10/test/nshards.txt", "2\n");
  spill(folder_ / "root/wds_vtab-cifar10/test/0.tar", std::string(1024, '\0'));
  const Result found = clipkit({"data", "sets", "--json", "--data-root", in_folder("root"), "dtd", "cifar10", "cars"});
  EXPECT_EQ(found.status, 0) << found.err;
  std::istringstream lines(found.out);
  std::string line;
  std::getline(lines, line);
  const json dtd = json::parse(line);
  EXPECT_EQ(dtd["set"], "dtd");
  EXPECT_EQ(dtd["classes"], 47);
  EXPECT_EQ(dtd["path"], in_folder("root/DTD"));
  EXPECT_EQ(dtd["splits"], json::parse("[\"test\"]"));
  std::getline(lines, line);
  EXPECT_THAT(json::parse(line)["problem"].get<std::string>(), HasSubstr("counts 2 shards, 1 are there"));
  std::getline(lines, line);
  EXPECT_EQ(json::parse(line)["found"], false);
  EXPECT_THAT(clipkit({"data", "sets", "ImageNet-A"}).out, HasSubstr("shifted from imagenet"));
  EXPECT_THAT(clipkit({"data", "sets", "wds/vtab/pets"}).out, HasSubstr("(oxford_pets)"));
  const Result wrong = clipkit({"data", "sets", "cifar11"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean cifar1"));
  EXPECT_EQ(clipkit({"data", "sets", "--data-root", in_folder("nowhere")}).status, 1);
}

}  // namespace
}  // namespace clipkit::testing
