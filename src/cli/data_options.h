#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/curate.h"
#include "clipkit/error.h"

#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace clipkit::cli {

// What the commands of `clipkit data` have in common: the pairs they read and the line that says how far they are.
class DataOptions {
 public:
  void add_to(std::vector<Option>& options);
  // The arguments joined to one input. Errors: UsageError without any.
  PairsInput input(const Arguments& arguments) const;

 private:
  PairsInput input_;
};

// The shards that a command writes.
class ShardOptions {
 public:
  void add_to(std::vector<Option>& options);
  // Errors: UsageError without --output.
  ShardsOutput output() const;

 private:
  std::string folder_;
  int64_t megabytes_ = 1000;
  ShardsOutput output_;
};

inline constexpr const char* kPairsHelp =
    "tar shards such as 'x/{0000..0099}.tar', a .csv, .tsv or .jsonl file, a folder; several are read one after the "
    "other";

// Progress of work that has several parts, each from 0 to its total.
class PartProgress {
 public:
  CurateCallbacks callbacks(std::function<bool()> stop);

 private:
  std::string part_;
  std::optional<Progress> line_;
};

// The outcome of work that --resume goes on with. Errors: Interrupted for one that was stopped.
template <class Work>
auto resumable(const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;
    throw Interrupted("stopped; the same command with --resume goes on");
  }
}

// A table on standard output: the first column flush left, the others right.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace clipkit::cli
