#include "report/metrics_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

class MetricsLogTest : public ::testing::Test {
 protected:
  std::string content() const { return read_file(path_, 1 << 20); }
  void write(int64_t last_step, int64_t begin, int64_t end) {
    MetricsLog log(path_, last_step);
    for (int64_t step = begin; step < end; ++step) log.write(step, {{"loss", 1.0 / static_cast<double>(step + 1)}});
  }
  std::string error_of(std::string_view text) {
    write_file(path_, text);
    try {
      MetricsLog(path_, 10);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_EQ(content(), text) << "the file must stay as it is";
      return error.what();
    }
    return "nothing was thrown";
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "metrics.jsonl";
};

TEST_F(MetricsLogTest, WritesOneObjectALineAtOnce) {
  MetricsLog log(path_, -1);
  log.write(0, {{"loss", 0.1}, {"lr", 1e-5}, {"note", "two\nlines"}});
  EXPECT_EQ(content(), "{\"step\":0,\"loss\":0.1,\"lr\":1e-05,\"note\":\"two\\nlines\"}\n");
  log.write(0, {{"loss", std::numeric_limits<double>::quiet_NaN()}, {"note", "\xFF"}});
  EXPECT_THAT(content(), HasSubstr("\n{\"step\":0,\"loss\":null,\"note\":\"\xEF\xBF\xBD\"}\n"));
  log.sync();
}

TEST_F(MetricsLogTest, IsTheSameAfterAResumeAsWithoutInterruption) {
  write(-1, 0, 20);
  const std::string whole = content();
  // The step that was saved last, and how much of the file a crash left: the last line whole or cut short.
  const std::pair<int64_t, size_t> crashes[] = {{0, whole.size()},     {7, whole.size()},     {19, whole.size()},
                                                {0, whole.size() - 1}, {7, whole.size() - 1}, {7, whole.size() / 2}};
  for (const auto& [saved, left] : crashes) {
    write_file(path_, whole.substr(0, left));
    write(saved, saved + 1, 20);
    EXPECT_EQ(content(), whole) << saved << " " << left;
  }
}

TEST_F(MetricsLogTest, BeginsAnewWithoutAStepToResume) {
  write(-1, 0, 5);
  write(-1, 0, 1);
  EXPECT_EQ(content(), "{\"step\":0,\"loss\":1.0}\n");
}

TEST_F(MetricsLogTest, RefusesFilesThatAreNoMetricsAndLeavesThemAlone) {
  EXPECT_THAT(error_of("{\"step\":1}\nnonsense\n"), HasSubstr("metrics.jsonl:2: not valid JSON"));
  EXPECT_THAT(error_of("{\"loss\":1}\n"), HasSubstr("metrics.jsonl:1: expected an object with the member \"step\""));
  EXPECT_THAT(error_of("[1]\n"), HasSubstr("expected an object"));
  EXPECT_THAT(error_of("{\"step\":1.5}\n"), HasSubstr("an integer"));
  EXPECT_THAT(error_of("{\"step\":-1}\n"), HasSubstr("negative"));
  EXPECT_THAT(error_of("{\"step\":18446744073709551615}\n"), HasSubstr("negative"));
  EXPECT_THAT(error_of("{\"step\":5}\n{\"step\":4}\n"), HasSubstr("metrics.jsonl:2: step 4 follows step 5"));
}

TEST_F(MetricsLogTest, RefusesStepsThatFall) {
  MetricsLog log(path_, 5);
  EXPECT_THROW(log.write(4, {{"loss", 1}}), Error);
  EXPECT_THROW(log.write(6, {{"step", 1}}), Error);
  EXPECT_EQ(content(), "");
}

TEST_F(MetricsLogTest, GivesSeriesOfNumbersForPlots) {
  write_file(path_,
             "{\"step\":1,\"loss\":4,\"phase\":\"warm\"}\n{\"step\":2,\"loss\":null}\n{\"step\":3,\"loss\":2.5,"
             "\"recall\":0.5}\n{\"step\":4,\"lo");
  const auto series = read_metric_series(path_);
  EXPECT_EQ(series.size(), 2U);
  EXPECT_THAT(series.at("loss").steps, ElementsAre(1, 3));
  EXPECT_THAT(series.at("loss").values, ElementsAre(4, 2.5));
  EXPECT_THAT(series.at("recall").values, ElementsAre(0.5));
}

}  // namespace
}  // namespace clipkit
