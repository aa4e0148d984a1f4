// The program `clipkit`: finds the command, sets its options, and turns what goes wrong into one line and an exit
// status.
#include <algorithm>
#include <csignal>
#include <exception>
#include <iterator>
#include <new>

#include "clipkit/error.h"
#include "clipkit/log.h"

#include "cli/command.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace clipkit::cli {

std::vector<std::unique_ptr<Command>> make_commands() {
  std::unique_ptr<Command> commands[] = {
      make_classify(),    make_embed(),      make_tokenize(),       make_preprocess(),      make_info(),
      make_convert(),     make_quantize(),   make_prepare(),        make_export(),          make_pull(),
      make_train(),       make_average(),    make_plot(),           make_data_stats(),      make_data_pack(),
      make_data_filter(), make_data_sets(),  make_eval_zero_shot(), make_eval_probe(),      make_eval_retrieval(),
      make_eval_reject(), make_eval_suite(), make_eval_overlap(),   make_eval_robustness(), make_eval_typographic(),
      make_eval_bias(),   make_bench()};
  return {std::make_move_iterator(std::begin(commands)), std::make_move_iterator(std::end(commands))};
}

namespace {

std::vector<Manual> manuals_of(std::span<const std::unique_ptr<Command>> commands) {
  std::vector<Manual> manuals;
  for (const auto& command : commands) manuals.push_back(command->manual());
  return manuals;
}

// The command that the arguments begin with, by one word or two.
struct Found {
  const Manual* manual = nullptr;
  size_t words = 0;
};
Found find(std::span<const Manual> manuals, std::span<const std::string> args) {
  std::string name;
  for (size_t words = 1; words <= std::min<size_t>(2, args.size()); ++words) {
    name += (words > 1 ? " " : "") + args[words - 1];
    const auto found = std::find_if(manuals.begin(), manuals.end(), [&](const Manual& m) { return m.name == name; });
    if (found != manuals.end()) return {&*found, words};
  }
  return {};
}

// Those whose names begin with this word and have a second one.
std::vector<Manual> family(std::span<const Manual> manuals, const std::string& word) {
  std::vector<Manual> members;
  std::copy_if(manuals.begin(), manuals.end(), std::back_inserter(members),
               [&](const Manual& m) { return m.name.starts_with(word + " "); });
  return members;
}

[[noreturn]] void unknown_command(std::span<const Manual> manuals, std::span<const std::string> args) {
  const std::vector<Manual> members = family(manuals, args[0]);
  if (!members.empty() && args.size() < 2) {
    std::string words;
    for (const Manual& member : members) words += (words.empty() ? "" : ", ") + member.name.substr(args[0].size() + 1);
    throw UsageError(args[0] + " needs a second word: " + words + " (clipkit help " + args[0] + " says more)");
  }
  std::vector<std::string> names = {"help", "--help", "--version"};
  if (!members.empty()) names.clear();
  for (const Manual& manual : members.empty() ? manuals : members) names.push_back(manual.name);
  const std::string name = members.empty() ? args[0] : args[0] + " " + args[1];
  throw UsageError("there is no command " + name + suggestion(name, names) + " (clipkit help" +
                   (members.empty() ? " lists them)" : " " + args[0] + " lists them)"));
}

int help(std::span<const Manual> manuals, std::span<const std::string> args) {
  if (args.empty()) {
    print(overview(manuals));
  } else if (args[0] == "--markdown") {
    print(help_markdown(manuals));
  } else if (const Found found = find(manuals, args); found.manual != nullptr) {
    print(help_text(*found.manual));
  } else if (const std::vector<Manual> members = family(manuals, args[0]); args.size() == 1 && !members.empty()) {
    print(overview(members));
  } else {
    unknown_command(manuals, args);
  }
  return kSuccess;
}

// The command as a shell would take it again.
std::string typed(std::span<const std::string> args) {
  std::string line = "clipkit";
  for (const std::string& arg : args) {
    const bool plain = !arg.empty() && arg.find_first_of(" \t\n\"'\\$`*?&|;<>(){}[]#~!") == std::string::npos;
    std::string quoted;
    for (const char c : arg) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += plain ? " " + arg : " '" + quoted + "'";
  }
  return line;
}

int run(std::span<const std::string> args) {
  const std::vector<std::unique_ptr<Command>> commands = make_commands();
  const std::vector<Manual> manuals = manuals_of(commands);
  if (args.empty()) throw UsageError("no command is given (clipkit help lists them)");
  if (args[0] == "help" || args[0] == "--help" || args[0] == "-h") return help(manuals, args.subspan(1));
  if (args[0] == "--version") {
    print("clipkit " CLIPKIT_VERSION "\n");
    return kSuccess;
  }
  const auto [manual, words] = find(manuals, args);
  if (manual == nullptr) {
    const bool asks = args.size() == 2 && (args[1] == "--help" || args[1] == "-h");
    if (asks && !family(manuals, args[0]).empty()) return help(manuals, args.first(1));
    unknown_command(manuals, args);
  }
  const auto rest = args.subspan(words);
  const auto options_end = std::find(rest.begin(), rest.end(), "--");
  if (std::find_if(rest.begin(), options_end, [](const auto& arg) { return arg == "--help" || arg == "-h"; }) !=
      options_end) {
    print(help_text(*manual));
    return kSuccess;
  }
  try {
    Arguments arguments = parse_arguments(rest, manual->options);
    arguments.command = typed(args);
    return commands[static_cast<size_t>(manual - manuals.data())]->run(arguments);
  } catch (const UsageError& error) {
    throw UsageError(manual->name + ": " + error.what() + " (clipkit help " + manual->name + ")");
  }
}

}  // namespace
}  // namespace clipkit::cli

int main(int argc, char** argv) {
  using namespace clipkit;
  using namespace clipkit::cli;
  say_when_interrupted();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no further is an error like a full disk
  set_log_sink([](LogLevel level, std::string_view text) {
    if (level == LogLevel::kWarning) message("warning: " + std::string(text));
  });
  try {
    const std::vector<std::string> args(argv + std::min(argc, 1), argv + argc);
    const int status = run(args);
    flush_output();
    return status;
  } catch (const UsageError& error) {
    message(error.what());
    return kWrongUsage;
  } catch (const Interrupted& error) {
    message(error.what());
    return InterruptGuard::exit_status();
  } catch (const std::bad_alloc&) {
    message("out of memory");
    return kFailure;
  } catch (const std::exception& error) {
    message(error.what());
    return kFailure;
  }
}
