#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "report/append_file.h"

// The metrics of a training run: JSON lines, one object a line with at least {"step": integer}, steps never falling.
// docs/formats/metrics.md.

namespace clipkit {

class MetricsLog {
 public:
  // Opens or creates the file for a run that goes on after last_step: later lines are cut off, so that the file becomes
  // what it would have been without interruption. -1 begins anew. Errors: kIo; kCorrupt if the file is no such log.
  MetricsLog(const std::filesystem::path& path, int64_t last_step);

  // One line {"step": step, ...values}, with the operating system on return: a crash loses at most the line that is
  // being written. Numbers that are not finite become null. values is an object without a "step"; step is not below the
  // one before. Errors: kIo.
  void write(int64_t step, const OrderedJson& values);
  // Call before a checkpoint, so that a power failure cannot take lines that the checkpoint counts on. Errors: kIo.
  void sync() { file_.sync(); }

 private:
  AppendFile file_;
  int64_t last_step_;
};

// Calls use(step, line, end) for every whole line, end being the offset behind it, until use returns false. What
// follows the last line end was cut short by a crash and is left out. place begins every message. Errors: kCorrupt,
// naming the line, if one is no object with a step or the steps fall.
void read_metrics(std::string_view log, std::string_view place,
                  const std::function<bool(int64_t step, const Json& line, size_t end)>& use);

// The values of one metric, for a plot.
struct MetricSeries {
  std::vector<double> steps, values;
};

// All metrics of a log by their names; members that are no numbers are left out. Errors: kNotFound, kIo, kCorrupt.
std::map<std::string, MetricSeries> read_metric_series(const std::filesystem::path& path);

}  // namespace clipkit
