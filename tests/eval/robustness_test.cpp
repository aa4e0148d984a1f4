#include "eval/robustness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "report/well_formed.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made_set;
using testing::MadeEncoder;
using testing::reader_of;
using testing::TemporaryFolder;

using Models = std::vector<RobustnessResult::Model>;

// 60 pictures of three colours of which 6 are wrong; shifted, 30 of two colours of which 9 are.
RobustnessSets made_sets(const Models& baselines = {}) {
  RobustnessSets sets;
  sets.reference = made_set(60);
  reader_of(sets.reference).wrong = {0, 1, 2, 3, 5, 8};  // four of them of the first two classes
  sets.shifts.push_back(made_set(30, 2));
  sets.shifts[0].title = "Shifted";
  reader_of(sets.shifts[0]).wrong = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  if (!baselines.empty()) sets.baselines = {baselines};
  return sets;
}
RobustnessResult compare(const RobustnessSets& sets, RobustnessOptions options = {}) {
  const MadeEncoder made;
  options.shifts = {"shifted"};
  return run_robustness(options, sets, made.encoder, 10, {}, {.command = "test", .model = "made"}, {});
}

TEST(LogitLine, IsThroughTwoModelsAndTheBestThroughMore) {
  const LogitLine line = fit_logit_line({{"a", 0.5, 0.2}, {"b", 0.8, 0.5}});
  EXPECT_NEAR(line.at(0.5), 0.2, 1e-15);
  EXPECT_NEAR(line.at(0.8), 0.5, 1e-15);
  EXPECT_NEAR(line.slope, 1, 1e-15) << "both odds grow fourfold";
  EXPECT_NEAR(line.intercept, std::log(0.25), 1e-15);
  // By hand in logits: x = -1, 0, 1 and y = 0, 0, 3 have slope 3/2 and intercept 1.
  const auto part = [](double logit) { return 1 / (1 + std::exp(-logit)); };
  const LogitLine three = fit_logit_line({{"a", part(-1), part(0)}, {"b", part(0), part(0)}, {"c", part(1), part(3)}});
  EXPECT_NEAR(three.slope, 1.5, 1e-12);
  EXPECT_NEAR(three.intercept, 1, 1e-12);
}

TEST(Robustness, ComparesSubsetsWithTheSameClassesOfTheReference) {
  const RobustnessResult result = compare(made_sets());
  EXPECT_DOUBLE_EQ(result.accuracy.value, 54.0 / 60);
  const auto& shift = result.shifts.at(0);
  EXPECT_TRUE(shift.same_classes);
  EXPECT_DOUBLE_EQ(shift.accuracy.value, 21.0 / 30);
  // Of the 40 reds and greens, reds 0 and 3 look green; greens 1 looks blue, and among red and green is either.
  EXPECT_NEAR(shift.reference.value, 38.0 / 40, 0.026);
  EXPECT_LT(shift.accuracy.low, shift.accuracy.value);
  EXPECT_TRUE(std::isnan(shift.expected));
  EXPECT_TRUE(std::isnan(shift.effective));
  EXPECT_TRUE(std::isnan(shift.relative));
  EXPECT_EQ(parse_json(to_json(result), "result")["shifts"][0]["effective_robustness"], nullptr);
}

TEST(Robustness, IsWhatIsAboveTheLineOfOtherModels) {
  const RobustnessResult result = compare(made_sets({{"a", 0.5, 0.2}, {"b", 0.8, 0.5}}));
  const auto& shift = result.shifts.at(0);
  const double odds = shift.reference.value / (1 - shift.reference.value) / 4;
  EXPECT_NEAR(shift.expected, odds / (1 + odds), 1e-12);
  EXPECT_NEAR(shift.effective, 0.7 - shift.expected, 1e-12);
}

TEST(Robustness, IsRelativeToAnEarlierResult) {
  const TemporaryFolder folder;
  const RobustnessResult first = compare(made_sets());
  RobustnessSets sets = made_sets();
  write_eval_report(folder / "first", first);
  RobustnessOptions options;
  options.against = folder / "first/result.json";
  sets.earlier = parse_earlier_robustness(read_file(options.against, 1 << 20), "earlier");
  sets.earlier.accuracy_of.begin()->second = 0.4;
  const RobustnessResult result = compare(sets, options);
  EXPECT_NEAR(result.shifts.at(0).relative, 0.3, 1e-12);
  EXPECT_EQ(result.against, "made");
  sets.earlier.accuracy_of = {{"other pictures", 0.4}};
  EXPECT_THROW(compare(sets, options), Error);
}

TEST(Robustness, FindsClassesByNameAndInOrder) {
  LabelledSet reference = made_set(3), shifted = made_set(3);
  reference.classes = {{"missile"}, {"crane"}, {"missile"}, {"cat"}};
  shifted.classes = {{"missile"}, {"missile"}, {"cat", "feline"}};
  EXPECT_THAT(classes_in(reference, shifted), ElementsAre(0, 2, 3));
  shifted.classes = {{"cat"}, {"dog"}};
  EXPECT_THAT(classes_in(reference, shifted), ElementsAre());
}

TEST(Robustness, UsesAllClassesWhereNamesDiffer) {
  RobustnessSets sets = made_sets();
  sets.shifts[0].classes = {{"red one"}, {"green one"}};
  const RobustnessResult result = compare(sets);
  EXPECT_FALSE(result.shifts[0].same_classes);
  EXPECT_DOUBLE_EQ(result.shifts[0].reference.value, 54.0 / 60);
}

TEST(Robustness, WritesAPageWithAPlotInLogits) {
  const TemporaryFolder folder;
  write_eval_report(folder / "out", compare(made_sets({{"a & b", 0.5, 0.2}, {"c", 0.8, 0.5}})));
  const std::string page = read_file(folder / "out/index.html", 1 << 24);
  const size_t body = page.find("<body>");
  EXPECT_EQ(testing::markup_error(page.substr(body, page.find("</html>") - body)), "");
  for (const char* part : {"<svg", "their line", "2 other models", "SHA-256 of Shifted", "effective, points"})
    EXPECT_THAT(page, HasSubstr(part));
}

LabelledSet named(const char* key, const char* title) {
  return {.key = key, .title = title, .path = {}, .split = {}};
}

TEST(BaselineTable, ReadsPercentagesOfNamedShifts) {
  const TemporaryFolder folder;
  write_file(folder / "table.csv",
             "model,shift,imagenet,shifted\nA,imagenet-a,56.5,2.7\nB,imagenet_a,76.1,0.5\nC,ImageNet-R,76.1,36.2\n"
             "D,drawings,76.1,36.2\nE,Drawings,70,30\n");
  const BaselineTable table(folder / "table.csv");
  const Models models = table.of(named("imagenet_a", "ImageNet-A"));
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].name, "A");
  EXPECT_DOUBLE_EQ(models[1].shifted, 0.005);
  EXPECT_EQ(table.of(named("folder", "drawings")).size(), 2U);
  EXPECT_THROW(table.of(named("imagenet_r", "ImageNet-R")), Error) << "one model is no line";
}

TEST(BaselineTable, RefusesWhatIsNoTableOfAccuracies) {
  const TemporaryFolder folder;
  const auto error = [&](const char* csv) -> std::string {
    write_file(folder / "table.csv", csv);
    try {
      BaselineTable(folder / "table.csv").of(named("a", "A"));
    } catch (const Error& found) {
      return found.what();
    }
    return "";
  };
  EXPECT_THAT(error("model,reference\nA,1\n"), HasSubstr("expected columns \"model\""));
  EXPECT_THAT(error("model,reference,shifted\nA,50,fifty\n"), HasSubstr("row 1: \"fifty\" is no percentage"));
  for (const char* number : {"0", "100", "-3", "nan", "inf", "50x", ""})
    EXPECT_THAT(error((std::string("model,reference,shifted\nA,50,") + number + "\n").c_str()),
                HasSubstr("no percentage"));
  EXPECT_THAT(error("model,reference,shifted\nA,0.5,0.4\nB,0.7,0.6\n"), HasSubstr("not parts of 1"));
  EXPECT_THAT(error("model,reference,shifted\nA,50,40\nB,50,60\n"), HasSubstr("2 models for A, expected two or more"));
}

TEST(EarlierRobustness, RefusesOtherDocuments) {
  for (const char* text : {"", "{}", "[]", R"({"task": "zero-shot"})", R"({"task": "robustness"})",
                           R"({"task": "robustness", "origin": {"model": "m", "model_sha256": ""}, "shifts": [{}]})",
                           R"({"task": "robustness", "origin": {"model": "m", "model_sha256": ""},
                               "shifts": [{"data_sha256": "1", "accuracy": {"value": 2}}]})"})
    EXPECT_THROW(parse_earlier_robustness(text, "earlier"), Error) << text;
}

}  // namespace
}  // namespace clipkit
