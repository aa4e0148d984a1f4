#include "base/concat.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/curate.h"
#include "report/html_page.h"

namespace clipkit {

namespace {

OrderedJson json_of(const DataStats::Count& count) {
  OrderedJson json = {{"count", count.count}};
  if (!count.examples.empty()) json["examples"] = count.examples;
  return json;
}

OrderedJson json_of(const std::vector<DataStats::Count>& counts) {
  OrderedJson json = OrderedJson::object();
  for (const DataStats::Count& count : counts) json[count.what] = json_of(count);
  return json;
}

OrderedJson json_of(const ValueSummary& s) {
  OrderedJson bins = OrderedJson::array();
  for (const ValueSummary::Bin& bin : s.histogram) bins.push_back({bin.low, bin.high, bin.count});
  return {{"count", s.count}, {"min", s.min}, {"p1", s.p1},   {"p10", s.p10},   {"median", s.median},
          {"p90", s.p90},     {"p99", s.p99}, {"max", s.max}, {"mean", s.mean}, {"histogram", std::move(bins)}};
}

struct NamedSummary {
  const char *key, *title;
  const ValueSummary DataStats::*summary;
};
constexpr NamedSummary kSummaries[] = {
    {"width", "width (px)", &DataStats::width},
    {"height", "height (px)", &DataStats::height},
    {"aspect", "longer side / shorter side", &DataStats::aspect},
    {"picture_bytes", "bytes of a picture", &DataStats::picture_bytes},
    {"captions", "captions of a pair", &DataStats::captions},
    {"caption_words", "words of a caption", &DataStats::caption_words},
    {"caption_tokens", "tokens of a caption", &DataStats::caption_tokens},
};

std::string rounded(double value) {
  return concat(static_cast<double>(static_cast<int64_t>(value * 100 + 0.5)) / 100);
}

// Steps, drawn as a line with a corner at both ends of each bin.
LinePlot histogram(const char* title, const ValueSummary& summary) {
  LinePlot plot{.title = title, .y_label = "number in a bin"};
  PlotSeries series{.name = title, .x = {}, .y = {}};
  for (const ValueSummary::Bin& bin : summary.histogram) {
    for (const double edge : {bin.low, bin.high}) {
      series.x.push_back(edge);
      series.y.push_back(static_cast<double>(bin.count));
    }
  }
  // Bins grow with the numbers: only on a logarithmic axis are they equally wide.
  if (!series.x.empty() && series.x.front() > 0 && series.x.back() > 4 * series.x.front()) plot.x_scale = Scale::kLog;
  plot.series.push_back(std::move(series));
  return plot;
}

void add_counts(HtmlPage& page, const char* heading, const std::vector<DataStats::Count>& counts) {
  HtmlTable table{.columns = {"", "number", "the first"}, .rows = {}};
  for (const DataStats::Count& count : counts) {
    if (count.count == 0) continue;
    std::string examples;
    for (const std::string& example : count.examples) examples += (examples.empty() ? "" : "; ") + example;
    table.rows.push_back({count.what, concat(count.count), examples});
  }
  if (table.rows.empty()) return;
  page.heading(heading);
  page.table(table);
}

}  // namespace

std::string to_json(const DataStats& s) {
  OrderedJson json = {{"pairs", s.pairs}};
  json["left_out"] = json_of(s.left_out);
  json["unreadable"] = json_of(s.unreadable);
  json["formats"] = json_of(s.formats);
  json["bytes"] = s.bytes;
  for (const NamedSummary& named : kSummaries) json[named.key] = json_of(s.*named.summary);
  json["captions_too_long"] = s.captions_too_long;
  json["duplicate_pictures"] = json_of(s.duplicate_pictures);
  json["same_captions"] = json_of(s.same_captions);
  json["invalid_captions"] = json_of(s.invalid_captions);
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

void write_stats_report(const std::filesystem::path& html, const DataStats& s, std::string_view title) {
  HtmlPage page(title);
  page.paragraph(concat(s.pairs, " pairs, ", s.bytes, " bytes of pictures."));
  HtmlTable table{.columns = {"", "min", "1 %", "10 %", "median", "90 %", "99 %", "max", "mean"}, .rows = {}};
  std::vector<LinePlot> plots;
  for (const NamedSummary& named : kSummaries) {
    const ValueSummary& v = s.*named.summary;
    std::vector<std::string> row = {named.title};
    for (const double value : {v.min, v.p1, v.p10, v.median, v.p90, v.p99, v.max, v.mean})
      row.push_back(rounded(value));
    table.rows.push_back(std::move(row));
    plots.push_back(histogram(named.title, v));
  }
  page.table(table);
  page.plots(plots);
  add_counts(page, "Formats", s.formats);
  add_counts(page, "Unreadable", s.unreadable);
  add_counts(page, "Left out or odd", s.left_out);
  add_counts(page, "Repeated or unusual",
             {s.duplicate_pictures,
              s.same_captions,
              s.invalid_captions,
              {"captions longer than CLIP's context", s.captions_too_long}});
  write_file(html, page.text());
}

}  // namespace clipkit
