#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"

namespace clipkit::cli {

// What --help, docs/cli.md and the parser need to know of a command.
struct Manual {
  std::string name;                                                // "classify", or two words: "data stats"
  std::string arguments;                                           // "PICTURE... [--] LABEL..."
  std::string summary;                                             // sentences; lines end where they are broken here
  std::vector<std::pair<std::string, std::string>> argument_help;  // "PICTURE", what it is
  std::vector<Option> options;                                     // bound to the command's members
  std::vector<std::string> examples;
};

class Command {
 public:
  Command() = default;
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  virtual Manual manual() = 0;
  // After the options are set. Returns the exit status. Errors: UsageError, clipkit::Error, Interrupted.
  virtual int run(const Arguments& arguments) = 0;
};

// Exit statuses.
inline constexpr int kSuccess = 0, kFailure = 1, kWrongUsage = 2;

std::unique_ptr<Command> make_classify();
std::unique_ptr<Command> make_embed();
std::unique_ptr<Command> make_tokenize();
std::unique_ptr<Command> make_preprocess();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_convert();
std::unique_ptr<Command> make_export();
std::unique_ptr<Command> make_quantize();
std::unique_ptr<Command> make_prepare();
std::unique_ptr<Command> make_pull();
std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_average();
std::unique_ptr<Command> make_plot();
std::unique_ptr<Command> make_data_stats();
std::unique_ptr<Command> make_data_pack();
std::unique_ptr<Command> make_data_filter();
std::unique_ptr<Command> make_data_sets();
std::unique_ptr<Command> make_eval_zero_shot();
std::unique_ptr<Command> make_eval_probe();
std::unique_ptr<Command> make_eval_retrieval();
std::unique_ptr<Command> make_eval_reject();
std::unique_ptr<Command> make_eval_suite();
std::unique_ptr<Command> make_eval_overlap();
std::unique_ptr<Command> make_eval_robustness();
std::unique_ptr<Command> make_eval_typographic();
std::unique_ptr<Command> make_eval_bias();
std::unique_ptr<Command> make_bench();

// Every command, in the order of the help.
std::vector<std::unique_ptr<Command>> make_commands();

}  // namespace clipkit::cli
