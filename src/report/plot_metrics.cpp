#include "clipkit/report.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/file_writer.h"
#include "report/line_plot.h"
#include "report/metrics_log.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

// A running mean over the values up to each, fewer at the beginning.
std::vector<double> smoothed(const std::vector<double>& values, size_t window) {
  std::vector<double> means;
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i];
    if (i >= window) sum -= values[i - window];
    means.push_back(sum / static_cast<double>(std::min(i + 1, window)));
  }
  return means;
}

MetricSeries series_of(const fs::path& run, const std::string& metric) {
  std::map<std::string, MetricSeries> all = read_metric_series(run / "metrics.jsonl");
  if (const auto found = all.find(metric); found != all.end()) return std::move(found->second);
  std::string names;
  for (const auto& [name, series] : all) names += (names.empty() ? "" : ", ") + name;
  fail(ErrorCode::kNotFound, run.string(), ": its metrics have no \"", metric, "\", only ",
       names.empty() ? "events" : names);
}

}  // namespace

void plot_metric(const std::vector<fs::path>& runs, const MetricPlotOptions& options, const fs::path& to) {
  CLIPKIT_CHECK(!runs.empty(), "there is no run to plot");
  CLIPKIT_CHECK(options.smoothing >= 1, "smoothing is ", options.smoothing, ", expected 1 or more");
  LinePlot plot{.title = options.metric, .x_label = "step"};
  for (const fs::path& run : runs) {
    const MetricSeries series = series_of(run, options.metric);
    plot.series.push_back({.name = (run.has_filename() ? run : run.parent_path()).filename().string(),
                           .x = series.steps,
                           .y = smoothed(series.values, static_cast<size_t>(options.smoothing))});
  }
  write_file(to, to_svg(plot));
}

}  // namespace clipkit
