#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/check.h"
#include "base/file_writer.h"
#include "clipkit/evaluate.h"
#include "clipkit/reject.h"
#include "report/html_page.h"

namespace clipkit {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMatrixClasses = 25, kConfusionsShown = 40;

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

std::vector<std::string> row(const char* name, const Estimate& estimate) {
  const bool known = std::isfinite(estimate.low);
  return {name, percent(estimate.value), known ? concat(percent(estimate.low), " - ", percent(estimate.high)) : "-"};
}

void add_scores(HtmlPage& page, const ClassificationScores& s) {
  page.heading("Scores");
  HtmlTable table{.columns = {"", "%", "95 % interval"}, .rows = {}};
  table.rows.push_back(row(concat("the set's metric: ", s.metric).c_str(), s.score));
  table.rows.push_back(row("top 1", s.top1));
  table.rows.push_back(row("top 5", s.top5));
  table.rows.push_back(row("mean of the classes", s.mean_per_class));
  const double none = NAN;
  table.rows.push_back(row("mean average precision, 11 points", {s.map_11, none, none}));
  table.rows.push_back(row("mean average precision, all points", {s.map, none, none}));
  if (s.roc_auc) table.rows.push_back(row("area under the ROC curve", {*s.roc_auc, none, none}));
  table.rows.push_back(row("expected calibration error", {s.calibration_error, none, none}));
  page.table(table);
}

void add_calibration(HtmlPage& page, const ClassificationScores& s) {
  LinePlot plot{
      .title = "How sure and how right", .x_label = "probability of the first answer", .y_label = "part right"};
  PlotSeries found{.name = "the model", .x = {}, .y = {}, .marks_points = true};
  for (const auto& bin : s.calibration) {
    if (bin.count == 0) continue;
    found.x.push_back(bin.confidence);
    found.y.push_back(bin.accuracy);
  }
  if (found.x.empty()) return;
  page.heading("Calibration");
  plot.series = {std::move(found), {.name = "as sure as right", .x = {0, 1}, .y = {0, 1}}};
  page.plots(std::span(&plot, 1));
}

void add_classes(HtmlPage& page, const ClassificationScores& s) {
  page.heading("Classes, the worst first");
  std::vector<size_t> order(s.classes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const double x = s.classes[a].accuracy, y = s.classes[b].accuracy;
    return std::isnan(y) ? !std::isnan(x) : x < y;
  });
  HtmlTable table{.columns = {"class", "pictures", "first, %", "AP 11 points, %", "most often taken for"}, .rows = {}};
  for (const size_t c : order) {
    const auto& one = s.classes[c];
    table.rows.push_back({one.name, concat(one.pictures), percent(one.accuracy), percent(one.average_precision_11),
                          one.most_confused < 0 ? "" : s.classes[static_cast<size_t>(one.most_confused)].name});
  }
  page.table(table);
}

void add_confusions(HtmlPage& page, const ClassificationScores& s) {
  if (s.classes.size() <= kMatrixClasses) {
    page.heading("Confusion matrix");
    page.paragraph("Rows: what it is. Columns: what it was taken for, by number.");
    HtmlTable table{.columns = {"", ""}, .rows = {}};
    for (size_t c = 0; c < s.classes.size(); ++c) table.columns.push_back(concat(c));
    for (size_t c = 0; c < s.classes.size(); ++c) {
      table.rows.push_back({concat(c), s.classes[c].name});
      table.rows.back().resize(s.classes.size() + 2);
    }
    for (const auto& one : s.confusions)
      table.rows[static_cast<size_t>(one.right)][static_cast<size_t>(one.predicted) + 2] = concat(one.count);
    page.table(table);
    return;
  }
  page.heading("Most frequent confusions");
  auto wrong = s.confusions;
  std::erase_if(wrong, [](const auto& one) { return one.right == one.predicted; });
  std::stable_sort(wrong.begin(), wrong.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  HtmlTable table{.columns = {"number", "class", "taken for"}, .rows = {}};
  for (size_t i = 0; i < std::min(kConfusionsShown, wrong.size()); ++i) {
    table.rows.push_back({concat(wrong[i].count), s.classes[static_cast<size_t>(wrong[i].right)].name,
                          s.classes[static_cast<size_t>(wrong[i].predicted)].name});
  }
  page.table(table);
}

void add_draws(HtmlPage& page, const RejectResult& r) {
  page.heading("Draws");
  HtmlTable draws{.columns = {"calibrated on", "known", "unknown", "classes held out"}, .rows = {}};
  for (const auto& one : r.draws)
    draws.rows.push_back({concat(one.calibration), concat(one.known), concat(one.unknown), joined(one.held_out)});
  page.table(draws);
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

void write(const fs::path& folder, const HtmlPage& page, const std::string& json) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make the folder: ", error.message());
  write_file(folder / "result.json", json + "\n");
  write_file(folder / "index.html", page.text());
}

}  // namespace

void write_eval_report(const fs::path& folder, const ZeroShotResult& r) {
  HtmlPage page(concat("Zero-shot: ", r.origin.title));
  page.paragraph(concat(percent(r.scores.score.value), " % (", r.scores.metric, ") of ", r.origin.pictures,
                        " pictures among ", r.origin.classes, " classes."));
  add_scores(page, r.scores);
  if (!r.mistakes.empty()) {
    page.heading("The surest mistakes");
    std::vector<PictureCard> cards;
    for (const auto& one : r.mistakes) {
      using enum PictureCard::Mark;
      cards.push_back({.file = one.file, .title = one.picture, .captions = {}});
      cards.back().captions.push_back({.text = r.scores.classes[static_cast<size_t>(one.predicted)].name,
                                       .note = fixed(one.probability_predicted, "%.3f"),
                                       .mark = kWrong});
      cards.back().captions.push_back({.text = r.scores.classes[static_cast<size_t>(one.right)].name,
                                       .note = fixed(one.probability_right, "%.3f"),
                                       .mark = kRight});
    }
    page.pictures(cards);
  }
  add_calibration(page, r.scores);
  add_classes(page, r.scores);
  add_confusions(page, r.scores);
  add_origin(page, r.origin,
             {.rows = {{"templates", r.templates.empty() ? "prompts of its own for each class" : joined(r.templates)},
                       {"texts encoded", concat(r.prompts)},
                       {"scale of the logits", fixed(r.logit_scale, "%.2f")}}});
  write(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const ProbeResult& r) {
  HtmlPage page(concat("Linear probe: ", r.origin.title));
  page.paragraph(concat(percent(r.scores.score.value), " % (", r.scores.metric, ") of ", r.origin.pictures,
                        " pictures among ", r.origin.classes, " classes, from ", r.width, " features of ",
                        r.train_pictures + r.validation_pictures, " pictures."));
  add_scores(page, r.scores);
  if (!r.trials.empty()) {
    page.heading("The search of the regulariser");
    auto trials = r.trials;
    std::sort(trials.begin(), trials.end(), [](const auto& a, const auto& b) { return a.lambda < b.lambda; });
    LinePlot plot{.title = "Score of the validation pictures", .x_label = "lambda", .x_scale = Scale::kLog};
    PlotSeries series{.name = r.scores.metric, .x = {}, .y = {}, .marks_points = true};
    HtmlTable table{.columns = {"lambda", "validation, %", "iterations"}, .rows = {}};
    for (const auto& one : trials) {
      series.x.push_back(one.lambda);
      series.y.push_back(one.score);
      table.rows.push_back({fixed(one.lambda, "%.4g"), percent(one.score), concat(one.iterations)});
    }
    plot.series.push_back(std::move(series));
    page.plots(std::span(&plot, 1));
    page.table(table);
  }
  add_calibration(page, r.scores);
  add_classes(page, r.scores);
  add_confusions(page, r.scores);
  add_origin(page, r.origin,
             {.rows = {{"trained on", concat(r.train_split, ", ", r.train_pictures, " pictures")},
                       {"SHA-256 of them", r.train_sha256},
                       {"validation", concat(r.validation_split, ", ", r.validation_pictures, " pictures")},
                       {"lambda", fixed(r.lambda, "%.6g")},
                       {"iterations of the last fit", concat(r.iterations, ", ended by ", r.ended)}}});
  write(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const FewShotResult& r) {
  HtmlPage page(concat("Few shots: ", r.origin.title));
  page.paragraph(
      concat("Zero-shot: ", percent(r.zero_shot), " % (", r.metric, ") of ", r.origin.pictures,
             " pictures. Heads are fitted on so many pictures of each class; bands are 95 % intervals of the ",
             "mean over seeds."));
  LinePlot plot{
      .title = "Score by shots of each class", .x_label = "shots", .y_label = r.metric, .x_scale = Scale::kLog};
  plot.references.push_back({"zero-shot", r.zero_shot});
  HtmlTable table{.columns = {"head", "shots", "mean, %", "95 % interval", "chosen"}, .rows = {}};
  for (const auto& head : r.heads) {
    PlotSeries series{.name = head.name, .x = {}, .y = {}, .marks_points = true};
    for (const auto& point : head.points) {
      const bool band = std::isfinite(point.low);
      table.rows.push_back({head.name, point.shots == 0 ? "all" : concat(point.shots), percent(point.mean),
                            band ? concat(percent(point.low), " - ", percent(point.high)) : "-", joined(point.chosen)});
      if (point.shots == 0 || (!series.x.empty() && point.shots <= series.x.back())) continue;
      series.x.push_back(point.shots);
      series.y.push_back(point.mean);
      series.low.push_back(band ? point.low : point.mean);
      series.high.push_back(band ? point.high : point.mean);
      if (&head == &r.heads.front()) plot.x_ticks.push_back(point.shots);
    }
    plot.series.push_back(std::move(series));
  }
  if (!plot.x_ticks.empty()) page.plots(std::span(&plot, 1));
  page.table(table);
  page.heading("Heads");
  HtmlTable heads{.columns = {}, .rows = {}};
  for (const auto& head : r.heads) heads.rows.push_back({head.name, head.what});
  page.table(heads);
  HtmlTable more{.columns = {},
                 .rows = {{"templates", joined(r.templates)}, {"SHA-256 of the training pictures", r.train_sha256}}};
  if (const auto& f = r.fine_tuning) {
    more.rows.push_back({"fine-tuning", concat(f->epochs, " epochs, learning rate ", f->lr, ", weight decay ",
                                               f->weight_decay, ", batches of ", f->batch_size, " at most")});
  }
  add_origin(page, r.origin, more);
  write(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const RejectResult& r) {
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
      const auto spelled = row("", estimate);
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
  sets.rows.push_back(row("sets with the right label", r.sets.covered));
  sets.rows.push_back(row("empty sets of known pictures", r.sets.empty));
  sets.rows.push_back(row("empty sets of unknown pictures", r.sets.empty_unknown));
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
  write(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const RetrievalResult& r) {
  HtmlPage page(concat("Retrieval: ", r.origin.title));
  page.paragraph(concat(r.origin.pictures, " pictures and ", r.captions, " captions, all compared with all."));
  for (const auto& [name, s] :
       {std::pair{"Captions for a picture", &r.image_to_text}, std::pair{"Pictures for a caption", &r.text_to_image}}) {
    page.heading(name);
    HtmlTable table{.columns = {"", "%", "95 % interval"}, .rows = {}};
    table.rows.push_back(row("recall at 1", s->recall_at_1));
    table.rows.push_back(row("recall at 5", s->recall_at_5));
    table.rows.push_back(row("recall at 10", s->recall_at_10));
    page.table(table);
    page.paragraph(concat("Median rank ", fixed(s->median_rank, "%.0f"), ", mean rank ", fixed(s->mean_rank, "%.1f"),
                          ", of ", s->queries, " queries."));
  }
  add_origin(page, r.origin, {.rows = {{"prompt", r.prompt}, {"captions", concat(r.captions)}}});
  write(folder, page, to_json(r));
}

}  // namespace clipkit
