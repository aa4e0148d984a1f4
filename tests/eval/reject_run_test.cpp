#include "eval/reject_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "report/well_formed.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using testing::made_set;
using testing::MadeEncoder;
using testing::markup_error;
using testing::reader_of;
using ::testing::SizeIs;
using testing::TemporaryFolder;

RejectResult reject(const RejectOptions& options, RejectSets sets, const std::filesystem::path& cache = {}) {
  const MadeEncoder made;
  return run_reject(options, sets, made.encoder, 10, cache, {.version = "1", .command = "test", .model = "made"}, {});
}

RejectOptions holding_out(double part) {
  RejectOptions options;
  options.hold_out = part;
  options.input.resamples = 50;
  return options;
}

// Colours are orthogonal, so that a picture of the third colour is unlike both labels.
TEST(RejectRun, TellsAColourThatNoLabelNames) {
  const RejectResult result = reject(holding_out(1), {made_set(300), {}});
  EXPECT_THAT(result.draws, SizeIs(5));
  for (const auto& draw : result.draws) {
    EXPECT_THAT(draw.held_out, SizeIs(1));
    EXPECT_EQ(draw.calibration, 100);
    EXPECT_EQ(draw.known, 100);
    EXPECT_EQ(draw.unknown, 100);
  }
  ASSERT_THAT(result.scores, SizeIs(4));
  for (const auto& score : result.scores) {
    EXPECT_EQ(score.auroc.value, 1) << to_string(score.score);
    EXPECT_EQ(score.fpr95.value, 0) << to_string(score.score);
    EXPECT_EQ(score.declined.value, 1) << to_string(score.score);
    EXPECT_NEAR(score.kept.value, 0.95, 0.06) << "five deviations of a mean of 500 that are asked for";
    EXPECT_LE(score.kept.high, 1);
    EXPECT_THAT(score.curve, SizeIs(51));
    EXPECT_THAT(score.curve, Each(0));
  }
  EXPECT_NEAR(result.sets.covered.value, 0.95, 0.06);
  EXPECT_LE(result.sets.size.value, 1) << "the right label, or none";
  EXPECT_EQ(result.rule.pictures, 300);
  EXPECT_EQ(result.rule.labels, 3);
  EXPECT_THAT(result.mistakes, SizeIs(12));
}

TEST(RejectRun, TakesAnotherSetForUnknown) {
  LabelledSet two = made_set(100, 2), other = made_set(90, 3);
  reader_of(other).damaged = {4};
  RejectOptions options = holding_out(0);
  options.unknown = "other";
  RejectSets sets{std::move(two), std::move(other)};
  const RejectResult result = reject(options, std::move(sets));
  ASSERT_THAT(result.draws, SizeIs(1));
  EXPECT_EQ(result.draws[0].unknown, 89);
  EXPECT_EQ(result.origin.unreadable.size(), 1U);
  // A third of the other set is blue, the rest is like the known: each known picture is above the third and beside the
  // others by chance.
  const auto& auroc = result.scores[0].auroc;
  EXPECT_NEAR(auroc.value, 1.0 / 3 + 2.0 / 3 / 2, 0.1);
  EXPECT_LT(auroc.low, auroc.value);
  EXPECT_GT(auroc.high, auroc.value) << "of one draw by the bootstrap";
}

TEST(RejectRun, RefusesWhatCannotBeCalibrated) {
  EXPECT_THROW(reject(holding_out(1), {made_set(30), {}}), Error) << "ten to calibrate on, 19 are needed";
  EXPECT_THROW(reject(holding_out(2), {made_set(300), {}}), Error) << "one label would stay";
  RejectOptions options;
  EXPECT_THROW(open_reject_sets(options), Error) << "nothing is unknown";
  options.hold_out = 1;
  options.unknown = "x";
  EXPECT_THROW(open_reject_sets(options), Error) << "both";
}

TEST(RejectRun, GivesTheSameFromTheCacheAndWritesAPage) {
  const TemporaryFolder folder;
  const std::string first = to_json(reject(holding_out(1), {made_set(300), {}}, folder / "cache"));
  const RejectResult again = reject(holding_out(1), {made_set(300), {}}, folder / "cache");
  EXPECT_EQ(first, to_json(again));
  write_eval_report(folder / "out", again);
  const std::string page = read_file(folder / "out/index.html", 1 << 24);
  const size_t body = page.find("<body>");
  EXPECT_EQ(markup_error(page.substr(body, page.find("</html>") - body)), "");
  for (const char* part : {"AUROC", "neglabel", "Prediction sets", "look most like a label", "<svg", "SHA-256"})
    EXPECT_THAT(page, HasSubstr(part));
  const Json json = read_json(folder / "out/result.json");
  EXPECT_EQ(json["task"], "reject");
  EXPECT_EQ(json["scores"].size(), 4U);
  EXPECT_EQ(json["draws"][0]["unknown"], 100);
}

}  // namespace
}  // namespace clipkit
