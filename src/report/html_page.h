#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/line_plot.h"

namespace clipkit {

struct HtmlTable {
  std::vector<std::string> columns{};  // empty: no head
  std::vector<std::vector<std::string>> rows;
};

// A picture with what was said about it.
struct PictureCard {
  enum class Mark { kNone, kRight, kWrong };
  struct Caption {
    std::string text;
    std::string note{};  // a score, in front of the text
    Mark mark = Mark::kNone;
  };
  std::string file;  // the bytes of a PNG, JPEG, WebP or GIF file
  std::string title{};
  std::vector<Caption> captions{};
};

// A page in one file: no script, no network, light or dark as the reader's system. Everything that is added is escaped.
class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  void heading(std::string_view text);
  void paragraph(std::string_view text);
  // Columns that hold nothing but numbers are set flush right. Errors: kInvalidArgument for rows of another length.
  void table(const HtmlTable& table);
  // Side by side where there is room. Errors: as of to_svg().
  void plots(std::span<const LinePlot> plots);
  // Errors: kUnsupported for a file that is no picture of these formats.
  void pictures(std::span<const PictureCard> cards);

  // The whole file.
  std::string text() const;

 private:
  std::string title_, body_;
};

}  // namespace clipkit
