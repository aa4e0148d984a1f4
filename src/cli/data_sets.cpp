#include "clipkit/data_sets.h"

#include <algorithm>

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/json_line.h"

namespace clipkit::cli {

namespace {

class DataSetsCommand : public Command {
 public:
  Manual manual() override {
    Manual manual{
        .name = "data sets",
        .arguments = "[SET...]",
        .summary =
            "List the labelled data sets that clipkit knows by name, and those that a folder holds.\n"
            "Any other set can be used by its path: a folder of class folders, tar shards, or a .csv of paths\n"
            "and labels. docs/data_sets.md has the layout of each set.",
        .argument_help = {{"SET", "all that is known about these: cifar10, cars, imagenet-a, ..."}},
        .options = {},
        .examples = {"clipkit data sets", "clipkit data sets --data-root /data", "clipkit data sets food101"},
    };
    manual.options.push_back(text("--data-root", "DIR", &root_, "and say which of them are in this folder"));
    manual.options.push_back(flag("--json", &json_, "one JSON object per set on stdout"));
    return manual;
  }
  int run(const Arguments& arguments) override;

 private:
  std::string root_;
  bool json_ = false;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Whether it can be read, or where it is.
std::string state_of(const DataSetInfo& set, bool with_root) {
  if (!with_root) return set.missing_library.empty() ? "supported" : "needs " + set.missing_library;
  if (set.path.empty()) return "-";
  return set.path + (set.problem.empty() ? " (" + joined(set.splits) + ")" : ": " + set.problem);
}

void print_list(const std::vector<DataSetInfo>& sets, bool with_root) {
  std::vector<std::vector<std::string>> rows = {{"set", "classes", "prompts", "metric", with_root ? "found" : "state"}};
  for (const DataSetInfo& set : sets) {
    rows.push_back(
        {set.key, std::to_string(set.classes), std::to_string(set.templates), set.metric, state_of(set, with_root)});
  }
  print_table(rows);
}

void print_details(const DataSetInfo& set, bool with_root) {
  const std::string size = set.paper_test > 0 ? std::to_string(set.paper_train) + " for training and " +
                                                    std::to_string(set.paper_test) + " for testing in the paper\n"
                                              : "";
  print(set.title + " (" + set.key + ")\n" +
        (set.aliases.empty() ? "" : "  also called  " + joined(set.aliases) + "\n") +
        (set.shift_of.empty() ? "" : "  shifted from " + set.shift_of + "\n") + "  classes      " +
        std::to_string(set.classes) + ", " + std::to_string(set.templates) + " prompts, scored by " + set.metric +
        "\n" + (size.empty() ? "" : "  pictures     " + size) + "  get it at    " + set.home + "\n  recognised   by " +
        set.expected + "\n  state        " + state_of(set, false) + "\n" +
        (with_root ? "  found        " + state_of(set, true) + "\n" : "") +
        (set.note.empty() ? "" : "  note         " + set.note + "\n"));
}

std::string to_json(const DataSetInfo& set, bool with_root) {
  JsonLine json;
  const auto list = [&](const char* name, const std::vector<std::string>& words) {
    json.key(name).begin_array();
    for (const std::string& word : words) json.value(word);
    json.end_array();
  };
  json.begin_object().member("set", set.key).member("title", set.title);
  list("aliases", set.aliases);
  json.member("classes", set.classes).member("templates", set.templates).member("metric", set.metric);
  if (set.paper_test > 0) json.member("paper_train", set.paper_train).member("paper_test", set.paper_test);
  if (!set.shift_of.empty()) json.member("shift_of", set.shift_of);
  json.member("home", set.home).member("expected", set.expected).member("note", set.note);
  json.member("supported", set.missing_library.empty());
  if (!set.missing_library.empty()) json.member("missing_library", set.missing_library);
  if (with_root) {
    json.member("found", !set.path.empty());
    if (!set.path.empty()) json.member("path", set.path).member("shards", set.is_shards);
    list("splits", set.splits);
    if (!set.problem.empty()) json.member("problem", set.problem);
  }
  json.end_object();
  return std::move(json).line();
}

int DataSetsCommand::run(const Arguments& arguments) {
  std::vector<DataSetInfo> sets = data_sets(root_);
  const std::vector<std::string> wanted = arguments.all();
  if (!wanted.empty()) {
    std::vector<DataSetInfo> chosen;
    std::vector<std::string> keys;
    for (const DataSetInfo& set : sets) keys.push_back(set.key);
    for (const std::string& name : wanted) {
      const auto found = std::find(keys.begin(), keys.end(), data_set_key(name));
      if (found == keys.end()) throw UsageError("there is no data set " + name + suggestion(name, keys));
      chosen.push_back(sets[static_cast<size_t>(found - keys.begin())]);
    }
    sets = std::move(chosen);
  }
  const bool with_root = !root_.empty();
  if (json_) {
    for (const DataSetInfo& set : sets) print(to_json(set, with_root));
  } else if (wanted.empty()) {
    print_list(sets, with_root);
  } else {
    for (const DataSetInfo& set : sets) print_details(set, with_root);
  }
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_data_sets() {
  return std::make_unique<DataSetsCommand>();
}

}  // namespace clipkit::cli
