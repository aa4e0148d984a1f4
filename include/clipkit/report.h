#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "clipkit/export.h"

namespace clipkit {

struct MetricPlotOptions {
  std::string metric = "train/loss";  // a name in the runs' metrics.jsonl
  int smoothing = 1;                  // values that each point is the mean of
};

// Draws one metric of several training runs, a line for each folder, into an SVG file. Errors: kInvalidArgument (no
// run); kNotFound (no metrics, or none of that name: the message lists those there are); kCorrupt; kIo.
CLIPKIT_API void plot_metric(const std::vector<std::filesystem::path>& runs, const MetricPlotOptions& options,
                             const std::filesystem::path& to);

}  // namespace clipkit
