#include <algorithm>

#include "base/concat.h"
#include "clipkit/audit.h"
#include "eval/eval_json.h"
#include "eval/report_parts.h"

namespace clipkit {

std::string to_json(const BiasResult& r) {
  OrderedJson labels = OrderedJson::array(), columns = OrderedJson::array();
  for (const auto& label : r.labels) labels.push_back({{"name", label.name}, {"category", label.category}});
  for (const auto& column : r.columns) {
    OrderedJson groups = OrderedJson::array(), rows = OrderedJson::array();
    for (const auto& group : column.groups) groups.push_back({{"name", group.name}, {"pictures", group.pictures}});
    for (const auto& row : column.rows) {
      OrderedJson rates = OrderedJson::array();
      for (const Estimate& rate : row.rates) rates.push_back(json_of(rate));
      rows.push_back({{"name", row.name},
                      {"is_category", row.is_category},
                      {"rates", std::move(rates)},
                      {"gap", row.gap},
                      {"highest", row.highest},
                      {"lowest", row.lowest}});
    }
    columns.push_back({{"name", column.name}, {"groups", std::move(groups)}, {"rows", std::move(rows)}});
  }
  const OrderedJson json = {{"task", "bias"},
                            {"origin", json_of(r.origin)},
                            {"templates", r.templates},
                            {"labels", std::move(labels)},
                            {"columns", std::move(columns)}};
  return text(json);
}

void write_eval_report(const std::filesystem::path& folder, const BiasResult& r) {
  HtmlPage page(concat("Labels over groups: ", r.origin.title));
  page.paragraph(concat("How often each of ", r.labels.size(), " labels fits a picture best, in percent of the ",
                        "pictures of each group, with Wilson's interval of 95 %. ", r.origin.pictures, " pictures."));
  for (const auto& column : r.columns) {
    page.heading(column.name);
    HtmlTable table{.columns = {"label"}, .rows = {}};
    for (const auto& group : column.groups) table.columns.push_back(concat(group.name, " (", group.pictures, ")"));
    table.columns.insert(table.columns.end(), {"largest gap", "from", "to"});
    for (const auto& row : column.rows) {
      if (!row.is_category &&
          std::all_of(row.rates.begin(), row.rates.end(), [](auto& rate) { return rate.value == 0; }))
        continue;
      table.rows.push_back({row.is_category ? concat("all of ", row.name) : row.name});
      for (const Estimate& rate : row.rates) {
        table.rows.back().push_back(concat(fixed(100 * rate.value, "%.1f"), " (", fixed(100 * rate.low, "%.1f"),
                                           "\u2060\u2013\u2060", fixed(100 * rate.high, "%.1f"), ")"));
      }
      table.rows.back().push_back(percent(row.gap));
      table.rows.back().push_back(column.groups[static_cast<size_t>(row.lowest)].name);
      table.rows.back().push_back(column.groups[static_cast<size_t>(row.highest)].name);
    }
    page.table(table);
  }
  page.paragraph("Labels that no picture got are left out here; result.json has them.");
  HtmlTable labels{.columns = {"label", "category"}, .rows = {}};
  for (const auto& label : r.labels) labels.rows.push_back({label.name, label.category});
  page.heading("Labels");
  page.table(labels);
  add_origin(page, r.origin, {.rows = {{"templates", joined(r.templates)}}});
  write_page(folder, page, to_json(r));
}

}  // namespace clipkit
