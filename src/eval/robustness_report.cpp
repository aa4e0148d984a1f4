#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "clipkit/audit.h"
#include "eval/eval_json.h"
#include "eval/report_parts.h"
#include "eval/robustness_table.h"

namespace clipkit {

namespace {

std::string points(double part) {
  return std::isfinite(part) ? fixed(100 * part, "%+.2f") : "-";
}

// Accuracies of many models lie on a line where both axes are logits.
LinePlot plot_of(const RobustnessResult::Shift& shift, const std::string& reference, const std::string& model) {
  LinePlot plot{.title = shift.title,
                .x_label = concat("accuracy on ", reference),
                .y_label = "under shift",
                .x_scale = Scale::kLogit,
                .y_scale = Scale::kLogit};
  auto baselines = shift.baselines;
  std::sort(baselines.begin(), baselines.end(), [](const auto& a, const auto& b) { return a.reference < b.reference; });
  PlotSeries own{.name = model, .x = {shift.reference.value}, .y = {shift.accuracy.value}, .draws_line = false};
  PlotSeries others{.name = concat(baselines.size(), " other models"), .x = {}, .y = {}, .draws_line = false};
  double low = own.x[0], high = own.x[0];
  for (const auto& one : baselines) {
    others.x.push_back(one.reference);
    others.y.push_back(one.shifted);
    low = std::min(low, one.reference);
    high = std::max(high, one.reference);
  }
  plot.series.push_back(std::move(own));
  if (!baselines.empty()) {
    const LogitLine line{shift.slope, shift.intercept};
    plot.series.push_back(std::move(others));
    plot.series.push_back({.name = "their line", .x = {low, high}, .y = {line.at(low), line.at(high)}});
  }
  plot.series.push_back({.name = "as good", .x = {low, high}, .y = {low, high}});
  return plot;
}

}  // namespace

std::string to_json(const RobustnessResult& r) {
  OrderedJson shifts = OrderedJson::array();
  for (const auto& one : r.shifts) {
    OrderedJson baselines = OrderedJson::array();
    for (const auto& model : one.baselines)
      baselines.push_back({{"model", model.name}, {"reference", model.reference}, {"shifted", model.shifted}});
    shifts.push_back({{"data", one.data},
                      {"title", one.title},
                      {"split", one.split},
                      {"note", one.note},
                      {"data_sha256", one.data_sha256},
                      {"pictures", one.pictures},
                      {"classes", one.classes},
                      {"accuracy", json_of(one.accuracy)},
                      {"reference", json_of(one.reference)},
                      {"same_classes", one.same_classes},
                      {"slope", number(one.slope)},
                      {"intercept", number(one.intercept)},
                      {"expected", number(one.expected)},
                      {"effective_robustness", number(one.effective)},
                      {"relative_robustness", number(one.relative)},
                      {"baselines", std::move(baselines)}});
  }
  const OrderedJson json = {{"task", "robustness"},
                            {"origin", json_of(r.origin)},
                            {"templates", r.templates},
                            {"accuracy", json_of(r.accuracy)},
                            {"against", {{"model", r.against}, {"model_sha256", r.against_sha256}}},
                            {"shifts", std::move(shifts)}};
  return text(json);
}

void write_eval_report(const std::filesystem::path& folder, const RobustnessResult& r) {
  HtmlPage page(concat("Robustness: ", r.origin.title));
  page.paragraph(concat("Zero-shot, top 1: ", percent(r.accuracy.value), " % of ", r.origin.pictures, " pictures of ",
                        r.origin.title, " among ", r.origin.classes, " classes. Under shift:"));
  HtmlTable table{.columns = {"shifted set", "accuracy, %", "95 % interval", "without shift, %", "line, %",
                              "effective, points", "relative, points"},
                  .rows = {}};
  HtmlTable origins{.columns = {}, .rows = {{"templates", joined(r.templates)}}};
  if (!r.against.empty()) {
    origins.rows.push_back({"other model", r.against});
    origins.rows.push_back({"SHA-256 of it", r.against_sha256});
  }
  std::vector<LinePlot> plots;
  for (const auto& one : r.shifts) {
    std::vector<std::string> cells = row_of(one.title, one.accuracy);
    for (const std::string& cell :
         {percent(one.reference.value), percent(one.expected), points(one.effective), points(one.relative)})
      cells.push_back(cell);
    table.rows.push_back(std::move(cells));
    plots.push_back(plot_of(one, r.origin.title, r.origin.model));
    origins.rows.push_back({concat("SHA-256 of ", one.title), one.data_sha256});
  }
  page.table(table);
  page.paragraph(
      "Without shift: the same model on the reference set, among the shifted set's classes. Line: what other models "
      "with "
      "that accuracy have under shift. Effective robustness is what is above it, relative robustness what is above the "
      "other model.");
  for (const auto& one : r.shifts) {
    if (!one.same_classes)
      page.paragraph(concat(one.title,
                            ": its classes have other names than the reference set's, all of which are used "
                            "without shift."));
    if (!one.note.empty()) page.paragraph(concat(one.title, ": ", one.note));
  }
  page.plots(plots);
  add_origin(page, r.origin, origins);
  write_page(folder, page, to_json(r));
}

}  // namespace clipkit
