#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/curate.h"

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

// A table on standard output: the first column flush left, the others right.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace clipkit::cli
