#pragma once

#include <string>
#include <vector>

#include "clipkit/audit.h"
#include "clipkit/error.h"
#include "clipkit/evaluate.h"

#include "cli/data_options.h"
#include "cli/interrupt.h"
#include "cli/options.h"

namespace clipkit::cli {

// What the commands of `clipkit eval` have in common.
class EvalOptions {
 public:
  void add_to(std::vector<Option>& options, const std::string& data_help);
  void add_running_to(std::vector<Option>& options);  // those that say neither what to score nor where the result goes
  // For what has splits, and intervals from a bootstrap.
  void add_split_to(std::vector<Option>& options);
  void add_resamples_to(std::vector<Option>& options);
  // Errors: UsageError without --data or with arguments that are no options.
  EvalInput input(const Arguments& arguments) const;
  EvalInput running_input(const Arguments& arguments) const;
  // Prints the result, writes the report.
  template <class Result, class Print>
  void finish(const Result& result, const Print& print_text) const {
    if (!report_.empty()) write_eval_report(report_, result);
    say(result.origin);
    if (json_) {
      put(to_json(result));
    } else {
      print_text();
    }
  }

 private:
  void say(const EvalOrigin& origin) const;  // what a user should know of it, on standard error
  static void put(const std::string& json);

  EvalInput input_;
  std::string report_, cache_;
  bool json_ = false, no_cache_ = false;
};

// Runs an evaluation with progress and Ctrl-C. Errors: Interrupted for one that was stopped.
template <class Work>
auto evaluate(const Work& work) {
  const InterruptGuard interrupt;
  PartProgress progress;
  const CurateCallbacks parts = progress.callbacks([] { return InterruptGuard::requested(); });
  try {
    return work(EvalCallbacks{.progress = parts.progress, .stop = parts.stop});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;
    throw Interrupted("stopped; features that were finished are kept, the same command goes on");
  }
}

// "84.31 % (83.60 to 85.02)".
std::string spelled(const Estimate& estimate);
void print_scores(const ClassificationScores& scores, const EvalOrigin& origin);
// Nothing for a set without folds.
void print_mean_of_folds(const std::vector<FoldScore>& folds, const Estimate& mean);

}  // namespace clipkit::cli
