#include "eval/report_parts.h"

#include <cmath>
#include <cstdio>

#include "base/check.h"
#include "base/file_writer.h"

namespace clipkit {

namespace fs = std::filesystem;

std::string fixed(double value, const char* format) {
  if (!std::isfinite(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}
std::string percent(double part) {
  return fixed(100 * part, "%.2f");
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& one : texts) all += (all.empty() ? "" : "; ") + one;
  return all;
}

std::vector<std::string> row_of(const std::string& name, const Estimate& estimate) {
  const bool known = std::isfinite(estimate.low);
  return {name, percent(estimate.value), known ? concat(percent(estimate.low), " - ", percent(estimate.high)) : "-"};
}

void add_origin(HtmlPage& page, const EvalOrigin& o, const HtmlTable& more) {
  page.heading("Where these numbers come from");
  HtmlTable table{.columns = {},
                  .rows = {{"command", o.command},
                           {"clipkit", o.version},
                           {"model", o.model},
                           {"SHA-256 of the model", o.model_sha256},
                           {"products in", o.precision},
                           {"layer", o.layer},
                           {"data", o.data},
                           {"split", o.split},
                           {"SHA-256 of the data", o.data_sha256},
                           {"pictures", concat(o.pictures)}}};
  if (!o.prompts_sha256.empty()) table.rows.push_back({"SHA-256 of the prompts", o.prompts_sha256});
  if (o.cut_texts > 0) table.rows.push_back({"texts longer than the context, cut off", concat(o.cut_texts)});
  if (!o.note.empty()) table.rows.push_back({"note", o.note});
  table.rows.insert(table.rows.end(), more.rows.begin(), more.rows.end());
  page.table(table);
  if (o.unreadable.empty()) return;
  page.heading(concat(o.unreadable.size(), " pictures that cannot be read"));
  HtmlTable unreadable{.columns = {"picture", "reason"}, .rows = {}};
  for (const auto& one : o.unreadable) unreadable.rows.push_back({one.picture, one.reason});
  page.table(unreadable);
}

void write_page(const fs::path& folder, const HtmlPage& page, const std::string& json) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make the folder: ", error.message());
  write_file(folder / "result.json", json + "\n");
  write_file(folder / "index.html", page.text());
}

}  // namespace clipkit
