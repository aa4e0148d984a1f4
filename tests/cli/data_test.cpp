// data stats: pairs on disk in, figures out.
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

}  // namespace
}  // namespace clipkit::testing
