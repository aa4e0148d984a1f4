#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "clipkit/train.h"
#include "data/pair_source.h"
#include "report/metrics_log.h"
#include "report/tensorboard_writer.h"
#include "train/validation.h"

namespace clipkit {

// What a run leaves for people: RUN/metrics.jsonl, which is the same whether or not the run was interrupted,
// RUN/tensorboard/, which also has the speed, and RUN/report.html. What cannot be written, as on a full disk, is lost
// with a warning: the run is worth more than its log.
class RunLog {
 public:
  // first_step: that the run begins or goes on with. Errors: kIo; kCorrupt (damaged metrics).
  RunLog(const std::filesystem::path& run, int64_t first_step);

  void step(const TrainStatus& status);
  void validation(int64_t step, const ValidationResult& result);
  // A line about something out of the ordinary, in the metrics and in the log sink.
  void event(int64_t step, const std::string& what);
  void sync();

  // Writes report.html: curves, recall, and some pictures with the captions nearest to them. pairs may be null.
  void write_report(const TrainOptions& options, const ValidationResult* last, const PairSource* pairs);

 private:
  template <class Write>
  void attempt(const Write& write);
  std::string report_of(const TrainOptions& options, const ValidationResult* last, const PairSource* pairs) const;
  std::filesystem::path run_;
  MetricsLog metrics_;
  TensorBoardWriter board_;
  bool is_failing_ = false;  // and has been said to
};

}  // namespace clipkit
