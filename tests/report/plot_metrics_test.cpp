#include <gtest/gtest.h>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "clipkit/report.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

class PlotMetric : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* run : {"first", "second"}) {
      std::filesystem::create_directories(folder_ / run);
      write_file(folder_ / run / "metrics.jsonl",
                 "{\"step\":0,\"train/loss\":4}\n{\"step\":1,\"train/loss\":2}\n{\"step\":2,\"val/loss\":3}\n");
    }
  }
  std::string message_of(const std::vector<std::filesystem::path>& runs, const MetricPlotOptions& options) {
    try {
      plot_metric(runs, options, folder_ / "plot.svg");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  testing::TemporaryFolder folder_;
};

TEST_F(PlotMetric, DrawsALineForEachRunNamedAsItsFolder) {
  plot_metric({folder_ / "first", folder_ / "second" / ""}, {.smoothing = 2}, folder_ / "plot.svg");
  const std::string svg = read_file(folder_ / "plot.svg", 1 << 20);
  EXPECT_EQ(svg.substr(0, 4), "<svg");
  EXPECT_NE(svg.find("first"), std::string::npos);
  EXPECT_NE(svg.find("second"), std::string::npos);
}

TEST_F(PlotMetric, SaysWhichMetricsThereAre) {
  const std::string message = message_of({folder_ / "first"}, {.metric = "train/los"});
  EXPECT_NE(message.find("no \"train/los\", only train/loss, val/loss"), std::string::npos) << message;
  EXPECT_NE(message_of({folder_ / "third"}, {}).find("third"), std::string::npos);
  EXPECT_NE(message_of({}, {}).find("no run"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "plot.svg"));
}

}  // namespace
}  // namespace clipkit
