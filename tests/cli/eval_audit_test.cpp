// eval overlap and what else says how far numbers can be believed: small sets on disk in, numbers and reports out, with
// the model that comes with clipkit.
#include "cli/program.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EvalAudit : public CliTest {
 protected:
  // Class folders with pictures that differ: squares in places of their own.
  std::string write_set(const std::string& name, int num) {
    int place = 0;
    for (const std::string title : {"heart", "cloud", "house"}) {
      fs::create_directories(folder_ / name / title);
      for (int i = 0; i < num; ++i, ++place)
        spill(folder_ / name / title / (std::to_string(i) + ".ppm"), squares(place, 32));
    }
    return in_folder(name);
  }
  // A picture of 8 x 8 squares whose shades the seed decides, each some pixels wide.
  static std::string squares(int seed, int size) {
    std::string file = "P6 " + std::to_string(size) + " " + std::to_string(size) + " 255\n";
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        for (int c = 0; c < 3; ++c) {
          const unsigned cell = static_cast<unsigned>(((8 * y / size) * 8 + 8 * x / size) * 3 + c + 1000 * seed);
          file += static_cast<char>((cell * 2654435761U >> 13) & 255);
        }
      }
    }
    return file;
  }
  Result eval(const std::string& task, std::vector<std::string> more) {
    std::vector<std::string> args = {"eval", task, "--cache", in_folder("cache")};
    args.insert(args.end(), more.begin(), more.end());
    return clipkit(args);
  }
};

TEST_F(EvalAudit, OverlapFindsCopiesInPairs) {
  const std::string set = write_set("set", 4);
  fs::create_directories(in_folder("pairs"));
  for (int i = 0; i < 6; ++i) {
    const std::string name = in_folder("pairs/" + std::to_string(i));
    spill(name + ".ppm", i == 0 ? squares(0, 32) : i == 1 ? squares(5, 80) : squares(100 + i, 40));
    spill(name + ".txt", "a picture");
  }
  const Result text =
      eval("overlap", {"--data", set, "--train-data", in_folder("pairs"), "--report", in_folder("out")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("set: 12 pictures against 6 training pictures\n"));
  EXPECT_THAT(text.out, HasSubstr("\noverlap         2  "));
  EXPECT_THAT(text.out, HasSubstr("\nsame bytes            1 pictures\n"));
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<h1>Overlap: set</h1>"));
  const json found = json::parse(slurp(in_folder("out/result.json")));
  EXPECT_EQ(found["pairs"].size(), 2U);
  EXPECT_THAT(found["pairs"][0]["test"].get<std::string>(), HasSubstr("0.ppm"));
  EXPECT_THAT(found["origin"]["command"].get<std::string>(), StartsWith("clipkit eval overlap --cache "));
  for (const char* digest : {"model_sha256", "data_sha256"})
    EXPECT_EQ(found["origin"][digest].get<std::string>().size(), 64U);
}

TEST_F(EvalAudit, OverlapSaysWhatIsWrong) {
  const std::string set = write_set("set", 1);
  EXPECT_EQ(eval("overlap", {"--data", set}).status, 2);
  EXPECT_THAT(eval("overlap", {"--data", set}).err, HasSubstr("--train-data is missing"));
  EXPECT_EQ(eval("overlap", {"--data", set, "--train-data", "x", "--threshold", "2"}).status, 2);
  EXPECT_EQ(eval("overlap", {"--data", set, "--train-data", in_folder("nowhere")}).status, 1);
  const Result same = eval("overlap", {"--data", set, "--train-data", "folder:" + set, "--train-split", "all"});
  EXPECT_EQ(same.status, 1);
  EXPECT_THAT(same.err, HasSubstr("is what is tested"));
}

TEST_F(EvalAudit, RobustnessComparesShiftedSets) {
  const std::string set = write_set("set", 4), shifted = write_set("shifted", 2), table = in_folder("models.csv");
  fs::remove_all(in_folder("shifted/house"));
  spill(table, "model,reference,shifted\nA,50,40\nB,80,61.5\n");
  std::vector<std::string> args = {"--data", set, "--shift", shifted, "--report", in_folder("out")};
  const Result first = eval("robustness", args);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, StartsWith("set: 12 pictures, 3 classes, "));
  args.insert(args.end(), {"--baselines", table, "--against", in_folder("out/result.json"), "--json"});
  const json found = json::parse(eval("robustness", args).out);
  EXPECT_EQ(found["shifts"][0]["classes"], 2);
  EXPECT_EQ(found["shifts"][0]["relative_robustness"], 0);
  EXPECT_EQ(found["shifts"][0]["baselines"].size(), 2U);
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<svg"));
  EXPECT_EQ(eval("robustness", {"--data", set}).status, 2);
  EXPECT_EQ(eval("robustness", {"--data", set, "--shift", shifted, "--baselines", in_folder("none.csv")}).status, 1);
}

TEST_F(EvalAudit, TypographicWritesWrongWords) {
  const std::string set = write_set("set", 4);
  const Result text = eval("typographic", {"--data", set, "--report", in_folder("out")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("set: 12 pictures, 3 classes\naccuracy without words"));
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<h1>Typographic attack: set</h1>"));
  const json found = json::parse(slurp(in_folder("out/result.json")));
  const json plain = json::parse(eval("zero-shot", {"--data", set, "--json"}).out);
  EXPECT_EQ(found["accuracy_before"], plain["scores"]["top1"]) << "the same pictures, the same intervals";
  EXPECT_EQ(found["origin"]["data_sha256"], plain["origin"]["data_sha256"]);
  EXPECT_EQ(eval("typographic", {}).status, 2);
}

TEST_F(EvalAudit, BiasCountsLabelsOverGroups) {
  write_set("set", 4);
  std::string csv = "file,gender\n";
  for (const std::string name : {"heart", "cloud"})
    for (int i = 0; i < 4; ++i) csv += "set/" + name + "/" + std::to_string(i) + ".ppm," + (i < 2 ? "a" : "b") + "\n";
  spill(in_folder("list.csv"), csv);
  spill(in_folder("labels.txt"), "red heart\tlove\nblue heart\tlove\ncloud\tweather\n");
  const std::vector<std::string> args = {"--data", in_folder("list.csv"), "--labels", in_folder("labels.txt")};
  const Result text = eval("bias", args);
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("list.csv: 8 pictures, 3 labels; rates in %\n\ngender "));
  EXPECT_THAT(text.out, HasSubstr("\nall of weather "));
  const json found = json::parse(eval("bias", {args[0], args[1], args[2], args[3], "--json"}).out);
  double sum = 0;
  for (const json& row : found["columns"][0]["rows"])
    if (!row["is_category"]) sum += row["rates"][0]["value"].get<double>();
  EXPECT_NEAR(sum, 1, 1e-12) << "every picture has one label";
  EXPECT_EQ(eval("bias", {args[0], args[1]}).status, 2);
  EXPECT_EQ(eval("bias", {args[0], args[1], args[2], args[3], "--group", "age"}).status, 1);
}

}  // namespace
}  // namespace clipkit::testing
