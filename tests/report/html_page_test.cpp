#include "report/html_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "report/well_formed.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;
using testing::markup_error;
using ::testing::Not;

const std::string kPng = "\x89PNG\r\n\x1A\nrest";
const std::string kEvil = "</li><script>alert(\"1\")</script>&'";

TEST(HtmlPage, EscapesWhateverIsAdded) {
  HtmlPage page(kEvil);
  page.heading(kEvil);
  page.paragraph(kEvil);
  page.table({.columns = {kEvil}, .rows = {{kEvil}}});
  const LinePlot plot{.title = kEvil, .series = {{.name = kEvil, .x = {0, 1}, .y = {0, 1}}}};
  page.plots({&plot, 1});
  const PictureCard card{.file = kPng, .title = kEvil, .captions = {{kEvil, kEvil, PictureCard::Mark::kRight}}};
  page.pictures({&card, 1});
  const std::string text = page.text();
  EXPECT_EQ(markup_error(text), "");
  EXPECT_THAT(text, Not(HasSubstr("<script")));
}

TEST(HtmlPage, WorksFromDiskWithoutNetwork) {
  HtmlPage page("run");
  const PictureCard card{.file = kPng};
  page.pictures({&card, 1});
  const std::string text = page.text();
  EXPECT_THAT(text, ::testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(text, HasSubstr("default-src 'none'; img-src data:"));
  EXPECT_THAT(text, HasSubstr("src=\"data:image/png;base64,iVBORw0KGgpyZXN0\""));
  EXPECT_THAT(text, Not(HasSubstr("http:")));
  EXPECT_THAT(text, Not(HasSubstr("https:")));
}

TEST(HtmlPage, SetsColumnsOfNumbersFlushRight) {
  HtmlPage page("run");
  page.table({.columns = {"name", "R@1", "n"}, .rows = {{"7B", "93.1 \xC2\xB1 0.4", "-"}, {"8", "5 %", "1e-5"}}});
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("<tr><th>name</th><th class=\"n\">R@1</th><th class=\"n\">n</th></tr>"));
  EXPECT_THAT(text, HasSubstr("<tr><td>8</td><td class=\"n\">5 %</td><td class=\"n\">1e-5</td></tr>"));
}

TEST(HtmlPage, KeepsColumnsOfLongTextWide) {
  HtmlPage page("Page");
  page.table(
      {.columns = {"shots", "chosen"}, .rows = {{"1", "lambda 1"}, {"2", "lambda 10000 (27 times); lambda 1000"}}});
  EXPECT_THAT(page.text(), HasSubstr("<td class=\"n\">1</td><td class=\"w\">lambda 1</td>"));
}

TEST(HtmlPage, TakesTablesWithoutAHeadOrRows) {
  HtmlPage page("run");
  page.table({.rows = {{"model", "ViT-B-32"}, {"seed", "0"}}});
  page.table({});
  EXPECT_EQ(markup_error(page.text()), "");
  EXPECT_THAT(page.text(), HasSubstr("<table>\n<tr><td>model</td><td>ViT-B-32</td></tr>"));
  EXPECT_THROW(page.table({.columns = {"a", "b"}, .rows = {{"1"}}}), Error);
}

TEST(HtmlPage, KnowsPicturesByTheirFirstBytes) {
  const std::pair<std::string, const char*> files[] = {{kPng, "image/png"},
                                                       {"\xFF\xD8\xFF\xE0", "image/jpeg"},
                                                       {"GIF89a", "image/gif"},
                                                       {std::string("RIFF\1\0\0\0WEBP", 12), "image/webp"}};
  for (const auto& [file, type] : files) {
    HtmlPage page("run");
    const PictureCard card{.file = file};
    page.pictures({&card, 1});
    EXPECT_THAT(page.text(), HasSubstr(std::string("src=\"data:") + type + ";base64,"));
  }
  HtmlPage page("run");
  const PictureCard card{.file = "<svg onload="};
  try {
    page.pictures({&card, 1});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST(HtmlPage, MarksRightAndWrongCaptions) {
  HtmlPage page("run");
  const PictureCard card{
      .file = kPng,
      .title = "cat.jpg",
      .captions = {
          {"a cat", "0.93", PictureCard::Mark::kRight}, {"a dog", "0.05", PictureCard::Mark::kWrong}, {"a house"}}};
  page.pictures({&card, 1});
  EXPECT_THAT(page.text(), HasSubstr("<li class=\"right\"><span>0.93</span> a cat</li>\n"
                                     "<li class=\"wrong\"><span>0.05</span> a dog</li>\n<li>a house</li>"));
}

}  // namespace
}  // namespace clipkit
