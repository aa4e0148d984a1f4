// eval reject and classify --reject: small sets of pictures in, with the model that comes with clipkit.
#include "cli/program.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RejectCommand : public CliTest {
 protected:
  // A folder of class folders with pictures of one colour each.
  std::string write_set(const std::string& set, const std::vector<std::string>& classes, int num) {
    for (size_t c = 0; c < classes.size(); ++c) {
      fs::create_directories(folder_ / set / classes[c]);
      for (int i = 0; i < num; ++i) {
        std::string pixels;
        for (int p = 0; p < 64; ++p)
          pixels += {static_cast<char>(40 * c + 7), static_cast<char>(i), static_cast<char>(50 * c + p % 16)};
        spill(folder_ / set / classes[c] / (std::to_string(i) + ".ppm"), "P6 8 8 255\n" + pixels);
      }
    }
    return in_folder(set);
  }
  static Result reject(std::vector<std::string> more) {
    more.insert(more.begin(), {"eval", "reject", "--resamples", "20"});
    return clipkit(std::move(more));
  }
};

TEST_F(RejectCommand, ComparesScoresAndKeepsARule) {
  const std::string set = write_set("set", {"heart", "cloud", "dog"}, 24);
  const Result text = reject({"--data", set, "--holdout", "1", "--draws", "2", "--report", in_folder("out"), "--save",
                              in_folder("rule.json"), "--score", "mcm"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("set: 72 pictures, 3 classes; unknown: 1 classes held out, 2 draws\n"));
  for (const char* part :
       {"\nmcm ", "\nprobability ", "\ncosine ", "\nneglabel ", "known kept (95 asked)", "prediction sets"})
    EXPECT_THAT(text.out, HasSubstr(part));
  EXPECT_THAT(text.err, HasSubstr("from 72 pictures"));
  EXPECT_THAT(slurp(in_folder("out/index.html")), HasSubstr("<h1>None of these: set</h1>"));
  const json rule = json::parse(slurp(in_folder("rule.json")));
  EXPECT_EQ(rule["score"], "mcm");
  EXPECT_EQ(rule["labels"], 3);
  json found = json::parse(reject({"--data", set, "--holdout", "1", "--draws", "2", "--json", "--score", "mcm"}).out);
  json kept = json::parse(slurp(in_folder("out/result.json")));
  found["origin"].erase("command");
  kept["origin"].erase("command");
  EXPECT_EQ(found, kept) << "computed and from the cache";
  EXPECT_EQ(found["rule"]["threshold"], rule["threshold"]);
}

TEST_F(RejectCommand, TakesAnotherSetForUnknown) {
  const std::string set = write_set("set", {"heart", "cloud"}, 30), other = write_set("other", {"tree"}, 5);
  const Result result = reject({"--data", set, "--unknown", other});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("unknown: other, 5 pictures\n"));
}

TEST_F(RejectCommand, RefusesWhatMakesNoSense) {
  const std::string set = write_set("set", {"heart", "cloud", "dog"}, 4);
  EXPECT_EQ(reject({"--data", set}).status, 2);
  EXPECT_EQ(reject({"--data", set, "--holdout", "1", "--unknown", set}).status, 2);
  EXPECT_EQ(reject({"--data", set, "--holdout", "1", "--coverage", "1"}).status, 2);
  EXPECT_EQ(reject({"--data", set, "--holdout", "1", "--template", "none"}).status, 2);
  EXPECT_THAT(reject({"--data", set, "--holdout", "2"}).err, HasSubstr("two labels or more have to stay"));
  EXPECT_THAT(reject({"--data", set, "--holdout", "1"}).err, HasSubstr("a coverage of 0.95 needs at least 19"));
  EXPECT_EQ(reject({"--data", in_folder("nowhere"), "--holdout", "1"}).status, 1);
}

std::string drawing(const std::string& name) {
  return std::string(CLIPKIT_SOURCE_DIR) + "/examples/drawings/" + name + ".png";
}

TEST_F(RejectCommand, ClassifyDeclinesWhatNoLabelFits) {
  const std::vector<std::string> files = {drawing("rabbit"), drawing("pizza")};
  const Result text = clipkit({"classify", files[0], files[1], "--reject", "--", "a rabbit", "a castle"});
  EXPECT_EQ(text.status, 0) << text.err;
  const auto lines = lines_of(text.out);
  ASSERT_EQ(lines.size(), 5U) << text.out;
  EXPECT_THAT(lines[1], HasSubstr("a rabbit"));
  EXPECT_EQ(lines[4], "  none of these");
  const Result as_json = clipkit({"classify", files[0], files[1], "--json", "--reject", "--", "a rabbit", "a castle"});
  const json rabbit = json::parse(lines_of(as_json.out).at(0)), pizza = json::parse(lines_of(as_json.out).at(1));
  EXPECT_EQ(rabbit["rejected"], false);
  EXPECT_EQ(pizza["rejected"], true);
  EXPECT_GE(rabbit["score"].get<double>(), rabbit["threshold"].get<double>());
  EXPECT_LT(pizza["score"].get<double>(), pizza["threshold"].get<double>());
  EXPECT_EQ(pizza["probabilities"].size(), 2U) << "the labels are still there";
  EXPECT_FALSE(json::parse(clipkit({"classify", files[0], "--json", "a rabbit"}).out).contains("rejected"));
}

TEST_F(RejectCommand, ClassifyTakesARuleOfTheSameModelAlone) {
  const std::string set = write_set("set", {"heart", "cloud"}, 30), rule = in_folder("rule.json");
  ASSERT_EQ(reject({"--data", set, "--unknown", set, "--save", rule}).status, 0);
  spill(in_folder("labels.txt"), "heart\ncloud\n");  // in any order
  const auto classify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"classify", drawing("rabbit"), "--json", "--reject=" + rule});
    return clipkit(std::move(more));
  };
  const Result same = classify({"--labels", in_folder("labels.txt")});
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_THAT(same.err, ::testing::Not(HasSubstr("warning")));
  EXPECT_EQ(json::parse(same.out)["threshold"], json::parse(slurp(rule))["threshold"]);
  spill(in_folder("labels.txt"), "cloud\nhorse\n");
  EXPECT_THAT(classify({"--labels", in_folder("labels.txt")}).err, HasSubstr("calibrated for other labels"));
  EXPECT_THAT(classify({"a rabbit", "a castle"}).err, HasSubstr("rule.json: the rule was made with other templates"));
  const Result other = classify({"--model", "generated:mini-vit", "--labels", in_folder("labels.txt")});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("rule.json: the rule was made with another model"));
}

TEST_F(RejectCommand, ClassifyRefusesRulesThatAreNone) {
  spill(in_folder("rule.json"), "{\"reject_rule\": 1}");
  EXPECT_THAT(clipkit({"classify", drawing("rabbit"), "--reject=" + in_folder("rule.json"), "a", "b"}).err,
              HasSubstr("score is missing"));
  EXPECT_EQ(clipkit({"classify", drawing("rabbit"), "--reject=" + in_folder("none.json"), "a", "b"}).status, 1);
  EXPECT_EQ(clipkit({"classify", drawing("rabbit"), "--reject=", "a", "b"}).status, 2);
  EXPECT_EQ(clipkit({"classify", drawing("rabbit"), "--reject", "--classifier", "c.safetensors"}).status, 2);
}

}  // namespace
}  // namespace clipkit::testing
