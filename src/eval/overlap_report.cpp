#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "clipkit/audit.h"
#include "eval/eval_json.h"
#include "eval/report_parts.h"

namespace clipkit {

namespace {

OrderedJson json_of(const OverlapResult::Part& part) {
  return {{"pictures", part.pictures}, {"right", part.right}, {"accuracy", number(part.accuracy)}};
}

std::vector<std::string> cells(const std::string& name, const OverlapResult::Part& part) {
  return {name, concat(part.pictures), percent(part.accuracy)};
}

void add_choices(HtmlPage& page, const OverlapResult& r) {
  page.heading("Other thresholds");
  HtmlTable table{.columns = {"cosine from", "overlap, pictures", "overlap, %", "clean, %"}, .rows = {}};
  for (const auto& one : r.choices) {
    table.rows.push_back({fixed(one.threshold, "%.3f"), concat(one.overlap.pictures), percent(one.overlap.accuracy),
                          percent(one.clean.accuracy)});
  }
  page.table(table);
}

void add_pairs(HtmlPage& page, const OverlapResult& r) {
  if (r.shown.empty()) return;
  page.heading("Pairs about the threshold");
  page.paragraph(
      "Left a test picture, right the most similar training picture. The threshold is right where all that counts as "
      "overlap (\u2713) shows one picture twice and nothing below it does; --threshold sets another.");
  std::vector<PictureCard> cards;
  for (const auto& pair : r.shown) {
    const bool counts = pair.cosine >= r.threshold;
    cards.push_back({.file = pair.picture, .title = pair.test, .captions = {}});
    cards.back().captions.push_back({.text = pair.exact ? "the very same file"
                                             : counts   ? "overlap"
                                                        : "clean",
                                     .note = fixed(pair.cosine, "%.3f"),
                                     .mark = counts ? PictureCard::Mark::kRight : PictureCard::Mark::kNone});
    cards.back().captions.push_back({.text = pair.train});
  }
  page.pictures(cards);
}

}  // namespace

std::string to_json(const OverlapResult& r) {
  OrderedJson json = {{"task", "overlap"}, {"origin", json_of(r.origin)}};
  json["templates"] = r.templates;
  json["train"] = {{"data", r.train_data},
                   {"split", r.train_split},
                   {"sha256", r.train_sha256},
                   {"pictures", r.train_pictures},
                   {"unreadable", r.train_unreadable}};
  json["detector"] = r.detector;
  json["threshold"] = r.threshold;
  json["all"] = json_of(r.all);
  json["overlap"] = json_of(r.overlap);
  json["clean"] = json_of(r.clean);
  json["contamination_effect"] = number(r.contamination_effect);
  json["overlap_low"] = r.overlap_low;
  json["overlap_high"] = r.overlap_high;
  json["p_value"] = r.p_value;
  json["exact"] = r.exact;
  json["doubtful"] = r.doubtful;
  OrderedJson choices = OrderedJson::array(), pairs = OrderedJson::array();
  for (const auto& one : r.choices)
    choices.push_back({{"threshold", one.threshold}, {"overlap", json_of(one.overlap)}, {"clean", json_of(one.clean)}});
  for (const auto& one : r.pairs)
    pairs.push_back({{"test", one.test}, {"train", one.train}, {"cosine", one.cosine}, {"exact", one.exact}});
  json["choices"] = std::move(choices);
  json["pairs"] = std::move(pairs);
  return text(json);
}

void write_eval_report(const std::filesystem::path& folder, const OverlapResult& r) {
  HtmlPage page(concat("Overlap: ", r.origin.title));
  page.paragraph(concat(r.overlap.pictures, " of ", r.all.pictures, " test pictures are among the ", r.train_pictures,
                        " training pictures, ", r.exact, " of them byte for byte. Accuracy of all less that of the ",
                        "others: ", percent(r.contamination_effect), " points."));
  if (r.is_doubtful()) {
    page.paragraph(concat(r.doubtful, " have their most similar training picture within 0.05 of the threshold ",
                          fixed(r.threshold, "%.4g"),
                          ": it does not part copies from pictures that are merely alike. "
                          "Judge the pairs below and set another by --threshold before you trust these numbers."));
  }
  page.heading("Zero-shot accuracy");
  HtmlTable table{.columns = {"", "pictures", "%", "99.5 % interval"}, .rows = {}};
  for (const auto& [name, part] :
       {std::pair{"all", &r.all}, std::pair{"overlap", &r.overlap}, std::pair{"clean", &r.clean}}) {
    table.rows.push_back(cells(name, *part));
    table.rows.back().push_back(part == &r.overlap ? concat(percent(r.overlap_low), " - ", percent(r.overlap_high))
                                                   : "");
  }
  page.table(table);
  page.paragraph(concat("If the overlap were no easier than the clean part, as many right answers in it or more would ",
                        "have probability ", fixed(r.p_value, "%.3g"), " (binomial test, one tail). The interval is ",
                        "Clopper and Pearson's."));
  add_pairs(page, r);
  add_choices(page, r);
  page.heading("All pairs of the overlap");
  HtmlTable pairs{.columns = {"test picture", "training picture", "cosine"}, .rows = {}};
  for (const auto& pair : r.pairs)
    pairs.rows.push_back({pair.test, pair.train, pair.exact ? "same bytes" : fixed(pair.cosine, "%.4f")});
  page.table(pairs);
  add_origin(page, r.origin,
             {.rows = {{"templates", joined(r.templates)},
                       {"training data", r.train_data},
                       {"training split", r.train_split},
                       {"SHA-256 of the training data", r.train_sha256},
                       {"training pictures", concat(r.train_pictures)},
                       {"unreadable training pictures", concat(r.train_unreadable)},
                       {"detector", r.detector},
                       {"threshold", fixed(r.threshold, "%.4g")}}});
  write_page(folder, page, to_json(r));
}

}  // namespace clipkit
