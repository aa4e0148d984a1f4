#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "clipkit/data_sets.h"
#include "clipkit/evaluate.h"

#include "cli/command.h"
#include "cli/eval_options.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

namespace fs = std::filesystem;

class EvalSuite : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  struct Row {
    std::string set, task, metric;
    double score = NAN;
    std::string state;
  };
  Row run_one(const DataSetInfo& set, const std::string& task, const EvalInput& shared, const std::string& model);

  EvalOptions eval_;
  std::string root_, out_;
  bool probe_ = false, json_ = false;
};

Manual EvalSuite::manual() {
  Manual manual{
      .name = "eval suite",
      .arguments = "",
      .summary =
          "Every known data set that a folder holds, zero-shot and by linear probe, in one table.\n"
          "Each result is a report in OUT/TASK/SET. What is there already, by the same weights, precision and\n"
          "version, is not computed again, so that the same command goes on after an interruption. A set in which a\n"
          "file or folder was changed after its report is scored again; features of pictures that are the same come\n"
          "from the cache. A set that fails does not stop the others.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval suite --model ViT-B-32.pt --data-root /data --output results --probe"},
  };
  manual.options.push_back(text("--data-root", "DIR", &root_,
                                "a folder that holds the sets (clipkit data sets --data-root DIR lists them)"));
  manual.options.push_back(text("--output", "FOLDER", &out_, "of the reports"));
  manual.options.push_back(flag("--probe", &probe_, "linear probes too, of the sets that have a training split"));
  manual.options.push_back(flag("--json", &json_, "one JSON object per result on stdout"));
  eval_.add_running_to(manual.options);
  eval_.add_resamples_to(manual.options);
  return manual;
}

// Whether a file or folder there was written, added or removed after that. Times that a copy keeps are believed.
bool changed_since(const fs::path& path, fs::file_time_type then) {
  if (fs::last_write_time(path) > then) return true;
  if (!fs::is_directory(path)) return false;
  const fs::recursive_directory_iterator entries(
      path, fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied);
  return std::any_of(begin(entries), end(entries), [&](const fs::directory_entry& entry) {
    return entry.exists() && entry.last_write_time() > then;
  });
}

// The score of a report that the same model and version have made of the set as it is; NaN if there is none.
double finished(const fs::path& folder, const std::string& path, const std::string& model, const EvalInput& shared,
                std::string& metric) {
  try {
    std::ifstream file(folder / "result.json");
    const nlohmann::json json = nlohmann::json::parse(file);
    const auto& origin = json.at("origin");
    if (origin.at("model_sha256") != model || origin.at("data") != shared.data ||
        origin.at("precision") != to_string(shared.precision) || origin.at("clipkit") != CLIPKIT_VERSION ||
        !fs::exists(folder / "index.html") || changed_since(path, fs::last_write_time(folder / "index.html"))) {
      return NAN;
    }
    metric = json.at("scores").at("metric").get<std::string>();
    const auto& score = json.contains("over_folds") ? json.at("over_folds") : json.at("scores").at("score");
    return score.at("value").get<double>();
  } catch (const nlohmann::json::exception&) {
    return NAN;
  } catch (const fs::filesystem_error&) {
    return NAN;  // then opening the set says what is wrong
  }
}

bool has_training_split(const DataSetInfo& set) {
  return std::any_of(set.splits.begin(), set.splits.end(),
                     [](const std::string& split) { return split.starts_with("train"); });
}

EvalSuite::Row EvalSuite::run_one(const DataSetInfo& set, const std::string& task, const EvalInput& shared,
                                  const std::string& model) {
  Row row{set.key, task, set.metric, NAN, {}};
  EvalInput input = shared;
  input.data = set.key + ":" + set.path;
  const fs::path folder = fs::path(out_) / task / set.key;
  row.score = finished(folder, set.path, model, input, row.metric);
  if (!std::isnan(row.score)) {
    row.state = "from an earlier run";
    return row;
  }
  try {
    if (!set.problem.empty()) throw Error(ErrorCode::kUnsupported, set.problem);
    const auto take = [&](const auto& result) {
      write_eval_report(folder, result);
      row.score = result.folds.empty() ? result.scores.score.value : result.over_folds.value;
      row.metric = result.scores.metric;
      row.state = std::to_string(result.origin.pictures) + " pictures";
      if (!result.origin.unreadable.empty())
        row.state += ", " + std::to_string(result.origin.unreadable.size()) + " unreadable";
    };
    evaluate([&](const EvalCallbacks& callbacks) {
      if (task == "probe") {
        ProbeOptions options;
        options.input = input;
        take(evaluate_probe(options, callbacks));
      } else {
        ZeroShotOptions options;
        options.input = input;
        take(evaluate_zero_shot(options, callbacks));
      }
    });
  } catch (const Error& error) {
    row.state = error.what();
    message(set.key + ": " + error.what());
  }
  return row;
}

int EvalSuite::run(const Arguments& arguments) {
  if (!arguments.all().empty()) throw UsageError("\"" + arguments.all().front() + "\" is no option");
  if (root_.empty()) throw UsageError("--data-root is missing");
  if (out_.empty()) throw UsageError("--output is missing");
  const EvalInput shared = eval_.running_input(arguments);
  const std::vector<DataSetInfo> sets = data_sets(root_);
  const std::string model = model_sha256(shared);
  std::vector<std::vector<std::string>> table = {{"set", "task", "metric", "%", ""}};
  bool failed = false, any = false;
  for (const DataSetInfo& set : sets) {
    if (set.path.empty()) continue;
    any = true;
    const bool can_probe = probe_ && set.problem.empty() && has_training_split(set);
    for (const std::string task : {"zero-shot", "probe"}) {
      if (task == "probe" && !can_probe) continue;
      const Row row = run_one(set, task, shared, model);
      failed = failed || std::isnan(row.score);
      table.push_back(
          {row.set, row.task, row.metric, std::isnan(row.score) ? "-" : fixed(100 * row.score, 2), row.state});
      if (!json_) continue;
      nlohmann::ordered_json json = {{"set", row.set}, {"task", row.task}, {"metric", row.metric}};
      json["score"] = std::isnan(row.score) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.score);
      json["state"] = row.state;
      print(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    }
  }
  if (!any) throw Error(ErrorCode::kNotFound, root_ + ": none of the known data sets is in it (clipkit data sets)");
  if (!json_) print_table(table);
  return failed ? kFailure : kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_suite() {
  return std::make_unique<EvalSuite>();
}

}  // namespace clipkit::cli
