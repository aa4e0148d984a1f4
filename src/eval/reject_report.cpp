#include "clipkit/reject.h"

#include "base/concat.h"
#include "eval/report_parts.h"

namespace clipkit {

namespace {

void add_draws(HtmlPage& page, const RejectResult& r) {
  page.heading("Draws");
  HtmlTable draws{.columns = {"calibrated on", "known", "unknown", "classes held out"}, .rows = {}};
  for (const auto& one : r.draws)
    draws.rows.push_back({concat(one.calibration), concat(one.known), concat(one.unknown), joined(one.held_out)});
  page.table(draws);
}

}  // namespace

void write_eval_report(const std::filesystem::path& folder, const RejectResult& r) {
  HtmlPage page(concat("None of these: ", r.origin.title));
  const bool other = !r.unknown_data.empty();
  page.paragraph(concat(
      "Can the model tell pictures that no label fits? Known: ", r.origin.pictures, " pictures of ", r.origin.classes,
      " classes. Unknown: ",
      other ? concat("the pictures of ", r.unknown_title, ".")
            : concat("classes that are held out, ", r.draws.size(), r.draws.size() == 1 ? " draw." : " draws.")));
  page.heading("Scores");
  HtmlTable table{.columns = {"score", "AUROC, %", "interval", "FPR at 95 % TPR, %", "interval", "known kept, %",
                              "interval", "unknown declined, %", "interval"},
                  .rows = {}};
  LinePlot plot{.title = "What keeping the known costs",
                .x_label = "part of the known that is kept",
                .y_label = "part of the unknown that is kept"};
  for (const auto& one : r.scores) {
    std::vector<std::string> cells = {to_string(one.score)};
    for (const Estimate& estimate : {one.auroc, one.fpr95, one.kept, one.declined}) {
      const auto spelled = row_of("", estimate);
      cells.insert(cells.end(), spelled.begin() + 1, spelled.end());
    }
    table.rows.push_back(std::move(cells));
    PlotSeries series{.name = to_string(one.score), .x = {}, .y = one.curve};
    for (size_t i = 0; i < one.curve.size(); ++i)
      series.x.push_back(static_cast<double>(i) / static_cast<double>(one.curve.size() - 1));
    plot.series.push_back(std::move(series));
  }
  page.table(table);
  page.paragraph(concat(
      "Intervals hold 95 %. Kept and declined: at the threshold that was calibrated to keep ", percent(r.coverage),
      " % of the known, of pictures that did not calibrate it. AUROC: how often a known picture scores "
      "above an unknown one. FPR at 95 % TPR: how many unknown pictures are kept where 95 % of the known are."));
  page.plots(std::span(&plot, 1));
  page.heading("Prediction sets");
  HtmlTable sets{.columns = {"", "%", "95 % interval"}, .rows = {}};
  sets.rows.push_back(row_of("sets with the right label", r.sets.covered));
  sets.rows.push_back(row_of("empty sets of known pictures", r.sets.empty));
  sets.rows.push_back(row_of("empty sets of unknown pictures", r.sets.empty_unknown));
  page.table(sets);
  page.paragraph(concat("Labels in a set, mean: ", fixed(r.sets.size.value, "%.2f"),
                        ". A set has the labels that are probable enough; an empty one declines."));
  if (!r.mistakes.empty()) {
    page.heading("Unknown pictures that look most like a label");
    std::vector<PictureCard> cards;
    for (const auto& one : r.mistakes) {
      cards.push_back({.file = one.file, .title = one.picture, .captions = {}});
      cards.back().captions.push_back(
          {.text = one.label, .note = fixed(one.score, "%.3f"), .mark = PictureCard::Mark::kWrong});
    }
    page.pictures(cards);
  }
  if (other) {
    const auto& parts = r.draws.front();
    page.paragraph(concat("Calibrated on ", parts.calibration, " known pictures, measured on ", parts.known,
                          " others and ", parts.unknown, " unknown ones."));
  } else {
    add_draws(page, r);
  }
  HtmlTable more{
      .rows = {{"templates", joined(r.templates)},
               {"vocabulary", concat(r.words, " words")},
               {"rule for all labels", concat(to_string(r.rule.score), " of ", fixed(r.rule.threshold, "%.6g"),
                                              " or more, from ", r.rule.pictures, " pictures")}}};
  if (other) {
    more.rows.push_back({"unknown pictures", r.unknown_data});
    more.rows.push_back({"SHA-256 of them", r.unknown_sha256});
  }
  add_origin(page, r.origin, more);
  write_page(folder, page, to_json(r));
}

}  // namespace clipkit
