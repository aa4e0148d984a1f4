#include "report/html_page.h"

#include "base/check.h"
#include "base/quote.h"
#include "report/markup.h"

namespace clipkit {

namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light dark; --page: #fff; --card: #f5f6f8; --text: #1c2026; --muted: #5d6673; --line: #d8dce2;
  --right: #17803d; --wrong: #c2352d; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --card: #1f242a; --text: #e4e7eb; --muted: #9aa4b0;
  --line: #363d46; --right: #4cc274; --wrong: #f0776f; } }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); font-size: 1.2rem; }
p { max-width: 50rem; white-space: pre-line; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { max-width: min(40rem, 70vw); padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; overflow-wrap: break-word; }
.w { min-width: min(14rem, 60vw); }
th { color: var(--muted); font-weight: 600; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.plots { display: flex; flex-wrap: wrap; gap: 1.2rem; } svg { max-width: 100%; height: auto; color: var(--muted); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .6rem; border-radius: .4rem; background: var(--card); font-size: .85rem; }
figure img { display: block; width: 100%; height: 11rem; object-fit: contain; }
figcaption { margin: .4rem 0; font-weight: 600; overflow-wrap: anywhere; }
figure ol { margin: 0; padding: 0; list-style: none; } li { padding: .1rem 0; overflow-wrap: anywhere; }
li span { color: var(--muted); font-variant-numeric: tabular-nums; }
.right { color: var(--right); } .right::before { content: "\2713  "; }
.wrong { color: var(--wrong); } .wrong::before { content: "\2717  "; }
</style>
)";

// Whether a cell is set as a number: "12", "-0.5", "1e-5", "3 %", "93.1 ± 0.4", or nothing.
bool looks_numeric(std::string_view cell) {
  return cell.find_first_not_of("0123456789.,+-eE%/ \u00B1") == std::string_view::npos &&
         (cell.empty() || cell == "-" || cell.find_first_of("0123456789") != std::string_view::npos);
}

std::string_view media_type_of(std::string_view file) {
  if (file.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (file.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (file.starts_with("GIF8")) return "image/gif";
  if (file.starts_with("RIFF") && file.substr(0, 12).ends_with("WEBP")) return "image/webp";
  fail(ErrorCode::kUnsupported, "page: expected a PNG, JPEG, WebP or GIF file, found one that begins with ",
       quote(file.substr(0, 8)));
}

std::string_view class_of(PictureCard::Mark mark) {
  switch (mark) {
    case PictureCard::Mark::kRight:
      return " class=\"right\"";
    case PictureCard::Mark::kWrong:
      return " class=\"wrong\"";
    case PictureCard::Mark::kNone:
      break;
  }
  return "";
}

}  // namespace

HtmlPage::HtmlPage(std::string_view title) : title_(escape_markup(title)) {}

void HtmlPage::heading(std::string_view text) {
  body_ += concat("<h2>", escape_markup(text), "</h2>\n");
}

void HtmlPage::paragraph(std::string_view text) {
  body_ += concat("<p>", escape_markup(text), "</p>\n");
}

void HtmlPage::table(const HtmlTable& table) {
  constexpr size_t kWideBytes = 30;  // text that a phone would else set a letter a line; it scrolls sideways instead
  const size_t width = !table.columns.empty() || table.rows.empty() ? table.columns.size() : table.rows[0].size();
  std::vector<bool> numeric(width, true), wide(width, false);
  for (const auto& row : table.rows) {
    CLIPKIT_CHECK(row.size() == width, "page: a table row has ", row.size(), " cells, expected ", width);
    for (size_t i = 0; i < width; ++i) {
      numeric[i] = numeric[i] && looks_numeric(row[i]);
      wide[i] = wide[i] || row[i].size() > kWideBytes;
    }
  }
  const auto add_row = [&](const std::vector<std::string>& cells, std::string_view tag) {
    body_ += "<tr>";
    for (size_t i = 0; i < width; ++i) {
      body_ += concat("<", tag,
                      numeric[i] ? " class=\"n\">"
                      : wide[i]  ? " class=\"w\">"
                                 : ">",
                      escape_markup(cells[i]), "</", tag, ">");
    }
    body_ += "</tr>\n";
  };
  body_ += "<table>\n";
  if (!table.columns.empty()) add_row(table.columns, "th");
  for (const auto& row : table.rows) add_row(row, "td");
  body_ += "</table>\n";
}

void HtmlPage::plots(std::span<const LinePlot> plots) {
  std::string content;
  for (const LinePlot& plot : plots) content += to_svg(plot);
  body_ += concat("<div class=\"plots\">\n", content, "</div>\n");
}

void HtmlPage::pictures(std::span<const PictureCard> cards) {
  std::string content;
  for (const PictureCard& card : cards) {
    const std::string title = escape_markup(card.title);
    content += concat("<figure><img alt=\"", title, "\" src=\"data:", media_type_of(card.file), ";base64,",
                      base64(card.file), "\">\n<figcaption>", title, "</figcaption>\n<ol>\n");
    for (const PictureCard::Caption& caption : card.captions) {
      const std::string note = caption.note.empty() ? "" : concat("<span>", escape_markup(caption.note), "</span> ");
      content += concat("<li", class_of(caption.mark), ">", note, escape_markup(caption.text), "</li>\n");
    }
    content += "</ol></figure>\n";
  }
  body_ += concat("<div class=\"cards\">\n", content, "</div>\n");
}

std::string HtmlPage::text() const {
  return concat(kHead, "<title>", title_, "</title>\n</head>\n<body>\n<h1>", title_, "</h1>\n", body_,
                "</body>\n</html>\n");
}

}  // namespace clipkit
