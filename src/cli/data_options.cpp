#include "cli/data_options.h"

#include <algorithm>

namespace clipkit::cli {

void DataOptions::add_to(std::vector<Option>& options) {
  options.push_back(
      text("--csv-img-key", "NAME", &input_.csv_img_key, "column of the picture's path").with_default("filepath"));
  options.push_back(
      text("--csv-caption-key", "NAME", &input_.csv_caption_key, "column of the caption").with_default("title"));
  options.push_back(text("--csv-separator", "C", &input_.csv_separator, "between columns")
                        .with_default("TAB or comma, as the header has it"));
  options.push_back(number("--threads", "N", &input_.threads, {0, 1024}, "that read; results do not depend on it")
                        .with_default("all processors"));
}

PairsInput DataOptions::input(const Arguments& arguments) const {
  const std::vector<std::string> pairs = arguments.all();
  if (pairs.empty()) throw UsageError("no pairs are given");
  PairsInput input = input_;
  for (const std::string& part : pairs) input.pairs += (input.pairs.empty() ? "" : "::") + part;
  return input;
}

void ShardOptions::add_to(std::vector<Option>& options) {
  options.push_back(text("--output", "FOLDER", &folder_, "of shard-000000.tar, ...; a new or empty one"));
  options.push_back(flag("--resume", &output_.resume, "go on with what a run with the same options has left there"));
  options.push_back(
      whole("--shard-samples", "N", &output_.shard_samples, 1, "a shard ends with the pair that reaches it"));
  options.push_back(whole("--shard-size", "N", &megabytes_, 1, "or this").with_unit("MB"));
}

ShardsOutput ShardOptions::output() const {
  if (folder_.empty()) throw UsageError("--output is missing");
  ShardsOutput output = output_;
  output.folder = folder_;
  output.shard_bytes = std::min<int64_t>(megabytes_, 1'000'000'000) * 1'000'000;
  return output;
}

CurateCallbacks PartProgress::callbacks(std::function<bool()> stop) {
  return {.progress =
              [this](std::string_view what, int64_t done, int64_t total) {
                if (part_ != what) {
                  line_.reset();
                  part_ = what;
                  line_.emplace(part_, total, -1);
                }
                line_->update(done, total);
              },
          .stop = std::move(stop)};
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      line += i == 0 ? row[i] + space : "  " + space + row[i];
    }
    print(line + "\n");
  }
}

}  // namespace clipkit::cli
