#include "report/line_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "report/markup.h"
#include "report/svg.h"

namespace clipkit {

namespace {

// Told apart on white and on black, and by most colour-blind eyes; from the ninth series on, dashed.
constexpr std::array kColors = {"#3b82d6", "#e07b18", "#2f9e5c", "#d64a4a", "#9a6fc9", "#1797a8", "#b0703f", "#8a8f98"};
constexpr double kLineHeight = 18;

class Drawing {
 public:
  explicit Drawing(const LinePlot& plot)
      : plot_(plot), x_(make_axis(plot.x_scale, x_range(), 8, false)), y_(make_axis(plot.y_scale, y_range(), 6, true)) {
    if (!plot.x_ticks.empty()) x_.set_ticks(plot.x_ticks);
    double widest = 0;
    for (const Tick& tick : y_.ticks()) widest = std::max(widest, text_width(tick.label));
    left_ = widest + 10 + (plot.y_label.empty() ? 0 : kLineHeight);
    right_ = plot.width_px - (x_.ticks().empty() ? 8 : std::max(8.0, text_width(x_.ticks().back().label) / 2 + 2));
    top_ = 8 + (plot.title.empty() ? 0 : kLineHeight) + static_cast<double>(place_legend()) * kLineHeight;
    bottom_ = plot.height_px - kLineHeight - 4 - (plot.x_label.empty() ? 0 : kLineHeight);
  }

  std::string draw() {
    const std::string width = concat(plot_.width_px), height = concat(plot_.height_px);
    out_ = concat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", width, "\" height=\"", height,
                  "\" viewBox=\"0 0 ", width, " ", height, "\" role=\"img\" aria-label=\"", escape_markup(plot_.title),
                  "\" font-family=\"system-ui, sans-serif\" font-size=\"", px(kSvgFontSize), "\" color=\"#777\">\n");
    draw_axes();
    for (size_t i = 0; i < plot_.series.size(); ++i) draw_band(i);
    for (const ReferenceLine& line : plot_.references) draw_reference(line);
    for (size_t i = 0; i < plot_.series.size(); ++i) draw_series(i);
    draw_texts();
    return std::move(out_) + "</svg>\n";
  }

 private:
  struct Range {
    Scale scale;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    void add(double value) {
      if (!Axis::shown(scale, value)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  };
  struct LegendEntry {
    double x;
    int row;
    std::string name;
  };

  static Axis make_axis(Scale scale, const Range& range, int max_ticks, bool rounds_out) {
    if (range.low > range.high)
      return {scale, scale == Scale::kLinear ? 0 : 0.1, scale == Scale::kLogit ? 0.9 : 1, max_ticks, rounds_out};
    return {scale, range.low, range.high, max_ticks, rounds_out};
  }
  Range x_range() const {
    Range range{plot_.x_scale};
    for (const PlotSeries& one : plot_.series) {
      for (const double x : one.x) range.add(x);
    }
    return range;
  }
  Range y_range() const {
    Range range{plot_.y_scale};
    for (const PlotSeries& one : plot_.series) {
      for (const auto* values : {&one.y, &one.low, &one.high}) {
        for (const double y : *values) range.add(y);
      }
    }
    for (const ReferenceLine& line : plot_.references) range.add(line.y);
    return range;
  }

  // One series that needs no telling apart has no legend. Returns the number of rows.
  int place_legend() {
    if (plot_.series.size() < 2) return 0;
    int row = 0;
    double x = left_;
    for (const PlotSeries& one : plot_.series) {
      std::string name = shortened(one.name, right_ - left_ - 24);
      const double width = 24 + text_width(name);
      if (x > left_ && x + width > right_) {
        x = left_;
        ++row;
      }
      legend_.push_back({x, row, std::move(name)});
      x += width + 14;
    }
    return row + 1;
  }

  double x_px(double x) const { return left_ + x_.position(x) * (right_ - left_); }
  double y_px(double y) const { return bottom_ - y_.position(y) * (bottom_ - top_); }
  static std::string stroke_of(size_t i) {
    return concat("stroke=\"", kColors[i % kColors.size()], i < kColors.size() ? "\"" : "\" stroke-dasharray=\"6 3\"");
  }

  void line(double x1, double y1, double x2, double y2, std::string_view style) {
    out_ += concat("<path d=\"M", px(x1), " ", px(y1), "L", px(x2), " ", px(y2), "\" ", style, "/>\n");
  }
  void text(double x, double y, std::string_view content, std::string_view style = "") {
    out_ += concat("<text x=\"", px(x), "\" y=\"", px(y), "\" fill=\"currentColor\"", style, ">",
                   escape_markup(content), "</text>\n");
  }

  void mark(const SvgPoint& point, size_t i) {
    out_ += concat("<circle cx=\"", px(point.x), "\" cy=\"", px(point.y), "\" r=\"3\" fill=\"",
                   kColors[i % kColors.size()], "\"/>\n");
  }

  void draw_axes() {
    for (const Tick& tick : y_.ticks()) {
      const double y = y_px(tick.value);
      line(left_, y, right_, y, "stroke=\"currentColor\" stroke-opacity=\".2\"");
      text(left_ - 6, y + 4, tick.label, " text-anchor=\"end\"");
    }
    for (const Tick& tick : x_.ticks()) {
      const double x = x_px(tick.value);
      line(x, bottom_, x, bottom_ + 4, "stroke=\"currentColor\" stroke-opacity=\".6\"");
      text(x, bottom_ + kLineHeight, tick.label, " text-anchor=\"middle\"");
    }
    line(left_, bottom_, right_, bottom_, "stroke=\"currentColor\" stroke-opacity=\".6\"");
  }

  void draw_texts() {
    if (!plot_.title.empty()) {
      text(left_, 8 + kSvgFontSize - 2, shortened(plot_.title, right_ - left_), " font-weight=\"600\"");
    }
    for (size_t i = 0; i < legend_.size(); ++i) {
      const LegendEntry& entry = legend_[i];
      const double y = top_ - static_cast<double>(legend_.back().row - entry.row + 1) * kLineHeight + kSvgFontSize - 2;
      if (plot_.series[i].draws_line) {
        line(entry.x, y - 4, entry.x + 18, y - 4, stroke_of(i) + " stroke-width=\"2\"");
      } else {
        mark({entry.x + 9, y - 4}, i);
      }
      text(entry.x + 24, y, entry.name);
    }
    const double middle = (left_ + right_) / 2;
    if (!plot_.x_label.empty()) text(middle, plot_.height_px - 6, plot_.x_label, " text-anchor=\"middle\"");
    if (!plot_.y_label.empty()) {
      const double y = (top_ + bottom_) / 2;
      text(kSvgFontSize, y, plot_.y_label,
           concat(" text-anchor=\"middle\" transform=\"rotate(-90 ", px(kSvgFontSize), " ", px(y), ")\""));
    }
    if (has_nothing_) text(middle, (top_ + bottom_) / 2, "no data", " text-anchor=\"middle\"");
  }

  void draw_reference(const ReferenceLine& reference) {
    if (!Axis::shown(plot_.y_scale, reference.y)) return;
    const double y = y_px(reference.y);
    line(left_, y, right_, y, "stroke=\"currentColor\" stroke-dasharray=\"4 4\"");
    text(right_, y - 4 < top_ + 10 ? y + kSvgFontSize : y - 4, reference.name, " text-anchor=\"end\"");
  }

  // The points of a series in pixels, in pieces that have no gap.
  std::vector<SvgPoints> pieces(const PlotSeries& one, const std::vector<double>& values) const {
    std::vector<SvgPoints> pieces(1);
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (Axis::shown(plot_.x_scale, one.x[i]) && Axis::shown(plot_.y_scale, values[i])) {
        pieces.back().push_back({x_px(one.x[i]), y_px(values[i])});
      } else if (!pieces.back().empty()) {
        pieces.emplace_back();
      }
    }
    if (pieces.back().empty()) pieces.pop_back();
    return pieces;
  }

  void draw_series(size_t i) {
    const PlotSeries& one = plot_.series[i];
    const std::string stroke = stroke_of(i);
    out_ += concat("<g><title>", escape_markup(one.name), "</title>\n");
    for (const SvgPoints& piece : pieces(one, one.y)) {
      has_nothing_ = false;
      if (piece.size() > 1 && one.draws_line) {
        out_ += concat("<path d=\"", svg_path(thinned(piece)), "\" fill=\"none\" ", stroke,
                       " stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n");
      }
      if (piece.size() > 1 && one.draws_line && !one.marks_points) continue;
      for (const SvgPoint& point : piece) {
        mark(point, i);
      }
    }
    out_ += "</g>\n";
  }

  void draw_band(size_t i) {
    const PlotSeries& one = plot_.series[i];
    if (one.low.empty()) return;
    // A band needs both of its edges: where either is missing, both have a gap.
    std::vector<double> low = one.low, high = one.high;
    for (size_t j = 0; j < low.size(); ++j) {
      if (!Axis::shown(plot_.y_scale, low[j]) || !Axis::shown(plot_.y_scale, high[j])) {
        low[j] = high[j] = std::numeric_limits<double>::quiet_NaN();
      }
    }
    const auto lower = pieces(one, low), upper = pieces(one, high);
    for (size_t p = 0; p < lower.size(); ++p) {
      SvgPoints outline = thinned(upper[p]);
      const SvgPoints back = thinned(lower[p]);
      outline.insert(outline.end(), back.rbegin(), back.rend());
      out_ += concat("<path d=\"", svg_path(outline), "Z\" fill=\"", kColors[i % kColors.size()],
                     "\" fill-opacity=\".18\"/>\n");
    }
  }

  const LinePlot& plot_;
  Axis x_, y_;
  double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;  // of the area of the lines, px
  std::vector<LegendEntry> legend_;
  bool has_nothing_ = true;
  std::string out_;
};

}  // namespace

std::string to_svg(const LinePlot& plot) {
  CLIPKIT_CHECK(plot.width_px >= 200 && plot.height_px >= 120, "plot: ", plot.width_px, " x ", plot.height_px,
                " px, expected at least 200 x 120");
  for (const PlotSeries& one : plot.series) {
    const size_t n = one.x.size();
    const bool has_band = !one.low.empty() || !one.high.empty();
    CLIPKIT_CHECK(one.y.size() == n && (!has_band || (one.low.size() == n && one.high.size() == n)), "plot: series ",
                  one.name, " has ", n, " x, ", one.y.size(), " y, ", one.low.size(), " low and ", one.high.size(),
                  " high");
  }
  return Drawing(plot).draw();
}

}  // namespace clipkit
