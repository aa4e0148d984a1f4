#include "base/concat.h"
#include "clipkit/audit.h"
#include "eval/eval_json.h"
#include "eval/report_parts.h"

namespace clipkit {

std::string to_json(const TypographicResult& r) {
  OrderedJson pictures = OrderedJson::array();
  for (const auto& one : r.pictures) {
    pictures.push_back({{"picture", one.picture},
                        {"right", one.right},
                        {"written", one.written},
                        {"probability_right", one.probability_right},
                        {"probability_written", one.probability_written}});
  }
  const OrderedJson json = {{"task", "typographic"},
                            {"origin", json_of(r.origin)},
                            {"templates", r.templates},
                            {"classes", r.classes},
                            {"seed", r.seed},
                            {"accuracy_before", json_of(r.before)},
                            {"accuracy_after", json_of(r.after)},
                            {"word_before", json_of(r.word_before)},
                            {"word_after", json_of(r.word_after)},
                            {"fooled", json_of(r.fooled)},
                            {"pictures", std::move(pictures)}};
  return text(json);
}

void write_eval_report(const std::filesystem::path& folder, const TypographicResult& r) {
  HtmlPage page(concat("Typographic attack: ", r.origin.title));
  page.paragraph(concat("The name of a wrong class is written on each of ", r.origin.pictures,
                        " pictures. Accuracy falls from ", percent(r.before.value), " % to ", percent(r.after.value),
                        " %."));
  HtmlTable table{.columns = {"", "%", "95 % interval"}, .rows = {}};
  table.rows.push_back(row_of("accuracy without the words", r.before));
  table.rows.push_back(row_of("accuracy with the words", r.after));
  table.rows.push_back(row_of("the answer is the written class, without the word", r.word_before));
  table.rows.push_back(row_of("the answer is the written class, with the word", r.word_after));
  table.rows.push_back(row_of("of the right answers, those that become the word", r.fooled));
  page.table(table);
  if (!r.pictures.empty()) {
    page.heading("Right answers that became the word, the surest first");
    std::vector<PictureCard> cards;
    for (const auto& one : r.pictures) {
      using enum PictureCard::Mark;
      cards.push_back({.file = one.file, .title = one.picture, .captions = {}});
      cards.back().captions.push_back({.text = r.classes[static_cast<size_t>(one.written)],
                                       .note = fixed(one.probability_written, "%.3f"),
                                       .mark = kWrong});
      cards.back().captions.push_back({.text = r.classes[static_cast<size_t>(one.right)],
                                       .note = fixed(one.probability_right, "%.3f"),
                                       .mark = kRight});
    }
    page.pictures(cards);
  }
  add_origin(page, r.origin, {.rows = {{"templates", joined(r.templates)}, {"seed of the words", concat(r.seed)}}});
  write_page(folder, page, to_json(r));
}

}  // namespace clipkit
