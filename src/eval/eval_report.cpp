#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "eval/report_parts.h"

namespace clipkit {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMatrixClasses = 25, kConfusionsShown = 40;

// What the draws chose, each setting once, the most frequent first; with thirty draws over folds a list would fill
// pages.
std::string chosen_by_draws(const std::vector<std::string>& chosen) {
  std::vector<std::pair<std::string, int>> counts;
  for (const std::string& one : chosen) {
    const auto known =
        std::find_if(counts.begin(), counts.end(), [&](const auto& count) { return count.first == one; });
    ++(known != counts.end() ? *known : counts.emplace_back(one, 0)).second;
  }
  if (counts.size() == 1 && chosen.size() > 1) return counts[0].first + " each time";
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  for (const auto& [setting, times] : counts)
    words.push_back(times > 1 ? concat(setting, " (", times, " times)") : setting);
  return joined(words);
}

// metric: of their scores.
void add_folds(HtmlPage& page, const std::vector<FoldScore>& folds, const std::string& metric) {
  if (folds.empty()) return;
  const bool learns = !folds.front().train_split.empty(), has_lambda = folds.front().lambda.has_value();
  page.heading("Folds");
  HtmlTable table;
  if (learns) table.columns.push_back("trained on");
  table.columns.push_back("tested on");
  if (has_lambda) table.columns.push_back("lambda");
  table.columns.push_back(concat(metric, ", %"));
  for (const FoldScore& one : folds) {
    std::vector<std::string>& row = table.rows.emplace_back();
    if (learns) row.push_back(one.train_split);
    row.push_back(one.test_split);
    if (has_lambda) row.push_back(fixed(*one.lambda, "%.4g"));
    row.push_back(percent(one.score));
  }
  page.table(table);
}

void add_mean_of_folds(HtmlPage& page, const std::vector<FoldScore>& folds, const Estimate& mean) {
  if (folds.empty()) return;
  page.table({.columns = {"", "%", "95 % interval"}, .rows = {row_of("mean of the folds", mean)}});
  page.paragraph(concat("Everything below is of the first fold, tested on ", folds.front().test_split, "."));
}

void add_scores(HtmlPage& page, const ClassificationScores& s) {
  page.heading("Scores");
  HtmlTable table{.columns = {"", "%", "95 % interval"}, .rows = {}};
  table.rows.push_back(row_of(concat("the set's metric: ", s.metric), s.score));
  table.rows.push_back(row_of("top 1", s.top1));
  table.rows.push_back(row_of("top 5", s.top5));
  table.rows.push_back(row_of("mean of the classes", s.mean_per_class));
  const double none = NAN;
  table.rows.push_back(row_of("mean average precision, 11 points", {s.map_11, none, none}));
  table.rows.push_back(row_of("mean average precision, all points", {s.map, none, none}));
  if (s.roc_auc) table.rows.push_back(row_of("area under the ROC curve", {*s.roc_auc, none, none}));
  table.rows.push_back(row_of("expected calibration error", {s.calibration_error, none, none}));
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

}  // namespace

void write_eval_report(const fs::path& folder, const ZeroShotResult& r) {
  HtmlPage page(concat("Zero-shot: ", r.origin.title));
  page.paragraph(concat(percent(r.scores.score.value), " % (", r.scores.metric, ") of ", r.origin.pictures,
                        " pictures among ", r.origin.classes, " classes."));
  add_folds(page, r.folds, r.scores.metric);
  add_mean_of_folds(page, r.folds, r.over_folds);
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
  write_page(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const ProbeResult& r) {
  HtmlPage page(concat("Linear probe: ", r.origin.title));
  page.paragraph(concat(percent(r.scores.score.value), " % (", r.scores.metric, ") of ", r.origin.pictures,
                        " pictures among ", r.origin.classes, " classes, from ", r.width, " features of ",
                        r.train_pictures + r.validation_pictures, " pictures."));
  add_folds(page, r.folds, r.scores.metric);
  add_mean_of_folds(page, r.folds, r.over_folds);
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
  write_page(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const FewShotResult& r) {
  HtmlPage page(concat("Few shots: ", r.origin.title));
  page.paragraph(
      concat("Zero-shot: ", percent(r.zero_shot), " % (", r.metric, ") of ", r.origin.pictures,
             " pictures. Heads are fitted on so many pictures of each class; bands are 95 % intervals of the ",
             "mean over ", r.folds.empty() ? "seeds." : concat("the seeds of ", r.folds.size(), " folds.")));
  LinePlot plot{.title = "Score by shots of each class",
                .x_label = "shots",
                .y_label = r.metric,
                .x_scale = Scale::kLog,
                .height_px = 420};
  plot.references.push_back({"zero-shot", r.zero_shot});
  HtmlTable table{.columns = {"head", "shots", "mean, %", "95 % interval", "chosen"}, .rows = {}};
  for (const auto& head : r.heads) {
    PlotSeries series{.name = head.name, .x = {}, .y = {}, .marks_points = true};
    for (const auto& point : head.points) {
      const bool band = std::isfinite(point.low);
      table.rows.push_back({head.name, point.shots == 0 ? "all" : concat(point.shots), percent(point.mean),
                            band ? concat(percent(point.low), " - ", percent(point.high)) : "-",
                            chosen_by_draws(point.chosen)});
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
  add_folds(page, r.folds, concat("zero-shot, ", r.metric));
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
  write_page(folder, page, to_json(r));
}

void write_eval_report(const fs::path& folder, const RetrievalResult& r) {
  HtmlPage page(concat("Retrieval: ", r.origin.title));
  page.paragraph(concat(r.origin.pictures, " pictures and ", r.captions, " captions, all compared with all."));
  for (const auto& [name, s] :
       {std::pair{"Captions for a picture", &r.image_to_text}, std::pair{"Pictures for a caption", &r.text_to_image}}) {
    page.heading(name);
    HtmlTable table{.columns = {"", "%", "95 % interval"}, .rows = {}};
    table.rows.push_back(row_of("recall at 1", s->recall_at_1));
    table.rows.push_back(row_of("recall at 5", s->recall_at_5));
    table.rows.push_back(row_of("recall at 10", s->recall_at_10));
    page.table(table);
    page.paragraph(concat("Median rank ", fixed(s->median_rank, "%.0f"), ", mean rank ", fixed(s->mean_rank, "%.1f"),
                          ", of ", s->queries, " queries."));
  }
  add_origin(page, r.origin,
             {.rows = {{"prompt", r.prompt}, {"captions", concat(r.captions)}, {"compared as", to_string(r.stored)}}});
  write_page(folder, page, to_json(r));
}

}  // namespace clipkit
