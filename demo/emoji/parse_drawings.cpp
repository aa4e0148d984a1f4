#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/quote.h"
#include "drawings.h"

namespace clipkit::emoji {

namespace {

constexpr size_t kMaxDrawingsBytes = size_t{1} << 20;

// One line, read word by word.
class Line {
 public:
  Line(std::string_view text, std::string_view place, size_t number) : rest_(text), place_(place), number_(number) {}

  bool at_end() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\r')) rest_.remove_prefix(1);
    return rest_.empty();
  }
  std::string_view word() {
    if (at_end()) corrupt("a word is missing");
    const size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }
  double number() {
    const std::string_view digits = word();
    double value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || stop != digits.data() + digits.size()) corrupt(concat(quote(digits), " is no number"));
    return value;
  }
  // The text up to `separator`, or to the end; it goes on behind the separator.
  std::string_view until(char separator) {
    if (at_end()) corrupt("a name is missing");
    const size_t end = std::min(rest_.find(separator), rest_.size());
    std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    while (!found.empty() && (found.back() == ' ' || found.back() == '\r')) found.remove_suffix(1);
    return found;
  }
  [[noreturn]] void corrupt(std::string_view what) const {
    fail(ErrorCode::kCorrupt, place_, ": line ", number_, ": ", what);
  }
  // Fails here if there is no such colour.
  std::string color() {
    std::string name(word());
    std::replace(name.begin(), name.end(), '-', ' ');
    const bool relative = name == "ink" || name == "body" || name == "dark" || name == "light";
    if (!relative) find_color(name, concat(place_, ": line ", number_));
    return name;
  }
  std::vector<Point> points(size_t at_least) {
    std::vector<Point> found;
    while (!at_end()) {
      const double x = number();
      found.push_back({x, number()});
    }
    if (found.size() < at_least) corrupt(concat(found.size(), " points, expected at least ", at_least));
    return found;
  }

 private:
  std::string_view rest_, place_;
  size_t number_;
};

Drawing::Part read_oval(Line& line) {
  Drawing::Part part{.form = Drawing::Form::kOval, .color = line.color()};
  const double x = line.number(), y = line.number(), rx = line.number(), ry = line.number();
  part.points = {{x, y}, {rx, ry}, {line.at_end() ? 0 : line.number(), 0}};
  return part;
}

Drawing::Part read_box(Line& line) {
  Drawing::Part part{.form = Drawing::Form::kPolygon, .color = line.color()};
  const double left = line.number(), top = line.number(), right = line.number(), bottom = line.number();
  part.points = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
  return part;
}

std::optional<Drawing::Part> read_part(std::string_view form, Line& line) {
  if (form == "oval") return read_oval(line);
  if (form == "box") return read_box(line);
  Drawing::Part part{};
  const bool is_line = form == "line" || form == "bow";
  if (!is_line && form != "poly" && form != "curve") return std::nullopt;
  part.form = form == "line"   ? Drawing::Form::kLine
              : form == "bow"  ? Drawing::Form::kBow
              : form == "poly" ? Drawing::Form::kPolygon
                               : Drawing::Form::kCurve;
  part.color = line.color();
  if (is_line) part.width = line.number();
  part.points = line.points(is_line ? 2 : 3);
  return part;
}

void read_header(Line& line, Drawing& drawing) {
  drawing.name = line.until(':');
  while (!line.at_end()) drawing.keywords.emplace_back(line.until(','));
}

void read_body(Line& line, Drawing& drawing) {
  while (!line.at_end()) {
    const std::string color = line.color();
    if (color == "body") {  // any colour at all
      for (const NamedColor& c : named_colors()) drawing.body_colors.emplace_back(c.name);
    } else {
      drawing.body_colors.push_back(color);
    }
  }
}

}  // namespace

std::vector<Drawing> parse_drawings(std::string_view text, std::string_view place) {
  std::vector<Drawing> drawings;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    Line line(text.substr(0, end), place, number);
    const bool is_comment = text.front() == '#';
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_comment || line.at_end()) continue;
    const std::string_view word = line.word();
    if (word == "thing" || word == "upright") {
      drawings.emplace_back().is_upright = word == "upright";
      read_header(line, drawings.back());
      continue;
    }
    if (drawings.empty()) line.corrupt("expected \"thing\" or \"upright\" before any part");
    if (word == "colors") {
      read_body(line, drawings.back());
    } else if (auto part = read_part(word, line)) {
      drawings.back().parts.push_back(std::move(*part));
    } else {
      line.corrupt(concat(quote(word), " is no part of a drawing, expected oval, box, poly, curve, line or bow"));
    }
  }
  return drawings;
}

std::vector<Drawing> read_drawings(const std::filesystem::path& path) {
  return parse_drawings(read_file(path, kMaxDrawingsBytes), path.string());
}

}  // namespace clipkit::emoji
