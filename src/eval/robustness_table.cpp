#include "eval/robustness_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/json.h"
#include "base/quote.h"
#include "data/picture_names.h"
#include "data/sets/registry.h"
#include "data/sets/text_lists.h"
#include "report/axis.h"

namespace clipkit {

namespace {

double parse_percent(const std::string& text, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0 && value < 100))
    fail(ErrorCode::kCorrupt, place, ": ", quote(text), " is no percentage between 0 and 100, without these");
  return value / 100;
}

bool is_named(const std::string& name, const LabelledSet& set) {
  const RegisteredSet* known = find_registered_set(name);
  return (known != nullptr && known->key == set.key) || lower_ascii(name) == lower_ascii(set.title) ||
         lower_ascii(name) == set.key;
}

}  // namespace

BaselineTable::BaselineTable(const std::filesystem::path& path) : place_(path.string()) {
  const CsvTable table = read_csv(path);
  const size_t model = table.find({"model"}), reference = table.find({"reference", "imagenet"}),
               shifted = table.find({"shifted"}), shift = table.find({"shift"});
  for (const size_t column : {model, reference, shifted}) {
    if (column == CsvTable::kNoColumn)
      fail(ErrorCode::kCorrupt, place_, R"(: expected columns "model", "reference" (or "imagenet") and "shifted")");
  }
  names_shifts_ = shift != CsvTable::kNoColumn;
  double largest = 0;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& cells = table.rows[i];
    const std::string place = concat(place_, ", row ", i + 1);
    rows_.push_back({names_shifts_ ? cells[shift] : "",
                     {cells[model], parse_percent(cells[reference], place), parse_percent(cells[shifted], place)}});
    largest = std::max({largest, rows_.back().model.reference, rows_.back().model.shifted});
  }
  if (!rows_.empty() && largest <= 0.01)
    fail(ErrorCode::kCorrupt, place_, ": no accuracy is above 1: expected percentages, not parts of 1");
}

std::vector<RobustnessResult::Model> BaselineTable::of(const LabelledSet& set) const {
  std::vector<RobustnessResult::Model> models;
  for (const Row& row : rows_)
    if (!names_shifts_ || is_named(row.shift, set)) models.push_back(row.model);
  const auto [low, high] = std::minmax_element(models.begin(), models.end(),
                                               [](const auto& a, const auto& b) { return a.reference < b.reference; });
  if (models.size() < 2 || low->reference == high->reference) {
    fail(ErrorCode::kCorrupt, place_, ": ", models.size(), " models for ", set.title,
         ", expected two or more that differ on the reference set");
  }
  return models;
}

LogitLine fit_logit_line(const std::vector<RobustnessResult::Model>& models) {
  double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
  for (const auto& model : models) {
    x_mean += logit(model.reference) / static_cast<double>(models.size());
    y_mean += logit(model.shifted) / static_cast<double>(models.size());
  }
  for (const auto& model : models) {
    const double x = logit(model.reference) - x_mean;
    xx += x * x;
    xy += x * (logit(model.shifted) - y_mean);
  }
  const double slope = xy / xx;
  return {slope, y_mean - slope * x_mean};
}

double LogitLine::at(double reference) const {
  return part_of_logit(slope * logit(reference) + intercept);
}

EarlierRobustness parse_earlier_robustness(std::string_view json, std::string_view place) {
  const Json result = parse_json(json, place);
  try {
    if (result.at("task") != "robustness") fail(ErrorCode::kCorrupt, place, ": is no result of eval robustness");
    EarlierRobustness earlier{result.at("origin").at("model").get<std::string>(),
                              result.at("origin").at("model_sha256").get<std::string>(),
                              {}};
    for (const Json& shift : result.at("shifts")) {
      const double accuracy = shift.at("accuracy").at("value").get<double>();
      if (!(accuracy >= 0 && accuracy <= 1)) fail(ErrorCode::kCorrupt, place, ": an accuracy of ", accuracy);
      earlier.accuracy_of[shift.at("data_sha256").get<std::string>()] = accuracy;
    }
    return earlier;
  } catch (const Json::exception& error) {
    fail(ErrorCode::kCorrupt, place, ": is no result of eval robustness: ", error.what());
  }
}

}  // namespace clipkit
