#include "report/line_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "clipkit/error.h"
#include "report/svg.h"
#include "report/well_formed.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;
using testing::markup_error;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t i = 0; (i = text.find(part, i)) != std::string_view::npos; i += part.size()) ++found;
  return found;
}

TEST(LinePlot, DrawsPointsAloneWithoutALine) {
  LinePlot plot{.title = "shift",
                .series = {{.name = "models", .x = {0.2, 0.4, 0.9}, .y = {0.1, 0.3, 0.8}, .draws_line = false},
                           {.name = "their line", .x = {0.2, 0.9}, .y = {0.1, 0.8}}},
                .x_scale = Scale::kLogit,
                .y_scale = Scale::kLogit};
  const std::string svg = to_svg(plot);
  EXPECT_EQ(markup_error(svg), "");
  EXPECT_EQ(count(svg, "<circle"), 4U) << "three models and their mark in the legend";
  EXPECT_EQ(count(svg, "stroke-linejoin"), 1U);
  plot.series[0].y[1] = 1;  // infinite as a logit
  EXPECT_EQ(count(to_svg(plot), "<circle"), 3U);
}

// The whole text of a small plot: a line from corner to corner. Marks of y, marks of x, the axis, the line, the title.
TEST(LinePlot, IsThisSvg) {
  const LinePlot plot{.title = "loss",
                      .series = {{.name = "train", .x = {0, 1, 2}, .y = {2, 1, 0}}},
                      .width_px = 200,
                      .height_px = 120};
  EXPECT_EQ(
      to_svg(plot),
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="200" height="120" viewBox="0 0 200 120" role="img" aria-label="loss" font-family="system-ui, sans-serif" font-size="12" color="#777">
<path d="M29.8 98L188.1 98" stroke="currentColor" stroke-opacity=".2"/>
<text x="23.8" y="102" fill="currentColor" text-anchor="end">0</text>
<path d="M29.8 80L188.1 80" stroke="currentColor" stroke-opacity=".2"/>
<text x="23.8" y="84" fill="currentColor" text-anchor="end">0.5</text>
<path d="M29.8 62L188.1 62" stroke="currentColor" stroke-opacity=".2"/>
<text x="23.8" y="66" fill="currentColor" text-anchor="end">1.0</text>
<path d="M29.8 44L188.1 44" stroke="currentColor" stroke-opacity=".2"/>
<text x="23.8" y="48" fill="currentColor" text-anchor="end">1.5</text>
<path d="M29.8 26L188.1 26" stroke="currentColor" stroke-opacity=".2"/>
<text x="23.8" y="30" fill="currentColor" text-anchor="end">2.0</text>
<path d="M29.8 98L29.8 102" stroke="currentColor" stroke-opacity=".6"/>
<text x="29.8" y="116" fill="currentColor" text-anchor="middle">0</text>
<path d="M69.4 98L69.4 102" stroke="currentColor" stroke-opacity=".6"/>
<text x="69.4" y="116" fill="currentColor" text-anchor="middle">0.5</text>
<path d="M109 98L109 102" stroke="currentColor" stroke-opacity=".6"/>
<text x="109" y="116" fill="currentColor" text-anchor="middle">1.0</text>
<path d="M148.5 98L148.5 102" stroke="currentColor" stroke-opacity=".6"/>
<text x="148.5" y="116" fill="currentColor" text-anchor="middle">1.5</text>
<path d="M188.1 98L188.1 102" stroke="currentColor" stroke-opacity=".6"/>
<text x="188.1" y="116" fill="currentColor" text-anchor="middle">2.0</text>
<path d="M29.8 98L188.1 98" stroke="currentColor" stroke-opacity=".6"/>
<g><title>train</title>
<path d="M29.8 26L109 62L188.1 98" fill="none" stroke="#3b82d6" stroke-width="1.8" stroke-linejoin="round"/>
</g>
<text x="29.8" y="18" fill="currentColor" font-weight="600">loss</text>
</svg>
)");
}

TEST(LinePlot, IsWellFormedWhateverTheNamesAre) {
  const std::string evil = "</text><script>\"&'\x01\xFF";
  LinePlot plot{.title = evil, .x_label = evil, .y_label = evil};
  plot.series = {{.name = evil, .x = {1, 2}, .y = {1, 2}, .low = {0, 1}, .high = {2, 3}, .marks_points = true},
                 {.name = evil, .x = {1}, .y = {2}}};
  plot.references = {{evil, 1.5}};
  const std::string svg = to_svg(plot);
  EXPECT_EQ(markup_error(svg), "");
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
}

TEST(LinePlot, NeedsNothingFromOutside) {
  const std::string svg = to_svg({.title = "t", .series = {{.name = "a", .x = {0, 1}, .y = {0, 1}}}});
  EXPECT_EQ(count(svg, "://"), 1U);  // the name space
  EXPECT_THAT(svg, Not(HasSubstr("href")));
  EXPECT_THAT(svg, Not(HasSubstr("url(")));
  EXPECT_THAT(svg, Not(HasSubstr("<style")));
}

TEST(LinePlot, LeavesGapsAndPutsDotsWhereAPointIsAlone) {
  const PlotSeries series{.name = "a", .x = {0, 1, 2, 3, 4, 5}, .y = {1, 2, kNan, 3, kNan, 4}};
  const std::string svg = to_svg({.title = "", .series = {series}});
  EXPECT_EQ(count(svg, "stroke-width=\"1.8\""), 1U);  // 0 to 1
  EXPECT_EQ(count(svg, "<circle"), 2U);               // 3 and 5
  EXPECT_EQ(markup_error(svg), "");
}

TEST(LinePlot, LeavesOutOfALogarithmicAxisWhatHasNoLogarithm) {
  const PlotSeries series{.name = "a", .x = {0, 1, 2, 3}, .y = {10, 0, -5, 1000}};
  const std::string svg =
      to_svg({.title = "", .series = {series}, .references = {{"zero", 0}}, .y_scale = Scale::kLog});
  EXPECT_EQ(count(svg, "<circle"), 2U);
  EXPECT_THAT(svg, Not(HasSubstr(">zero<")));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(LinePlot, BreaksABandWhereOneOfItsEdgesIsMissing) {
  const PlotSeries series{
      .name = "a", .x = {0, 1, 2, 3, 4}, .y = {1, 1, 1, 1, 1}, .low = {0, 0, kNan, 0, 0}, .high = {2, 2, 2, 2, 2}};
  EXPECT_EQ(count(to_svg({.title = "", .series = {series}}), "fill-opacity"), 2U);
}

TEST(LinePlot, SaysThatThereIsNoData) {
  EXPECT_THAT(to_svg({.title = "empty"}), HasSubstr(">no data<"));
  EXPECT_THAT(to_svg({.title = "nan", .series = {{.name = "a", .x = {1}, .y = {kNan}}}, .y_scale = Scale::kLog}),
              HasSubstr(">no data<"));
  EXPECT_THAT(to_svg({.title = "one", .series = {{.name = "a", .x = {1}, .y = {1}}}}), Not(HasSubstr("no data")));
}

TEST(LinePlot, NamesSeriesWhereThereAreSeveral) {
  LinePlot plot{.title = ""};
  for (int i = 0; i < 10; ++i) plot.series.push_back({.name = "s" + std::to_string(i), .x = {0, 1}, .y = {0, 1}});
  const std::string svg = to_svg(plot);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(svg, HasSubstr(">s" + std::to_string(i) + "</text>"));
  EXPECT_EQ(count(svg, "stroke-dasharray=\"6 3\""), 4U);  // the last two, each with its entry in the legend
  plot.series.resize(1);
  EXPECT_THAT(to_svg(plot), Not(HasSubstr(">s0</text>")));
}

TEST(LinePlot, StaysSmallForAMillionSteps) {
  PlotSeries series{.name = "loss", .x = {}, .y = {}};
  for (int i = 0; i < 1000000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i % 7 + (i == 500003 ? 100 : 0));
  }
  const std::string svg = to_svg({.title = "", .series = {series}});
  // At most four points of about 12 bytes for each of 560 columns.
  EXPECT_LT(svg.size(), 40000U);
}

TEST(LinePlot, RefusesSeriesWhoseLengthsDiffer) {
  EXPECT_THROW(to_svg({.title = "", .series = {{.name = "a", .x = {0, 1}, .y = {0}}}}), Error);
  EXPECT_THROW(to_svg({.title = "", .series = {{.name = "a", .x = {0}, .y = {0}, .low = {0}}}}), Error);
  EXPECT_THROW(to_svg({.title = "", .width_px = 100}), Error);
}

TEST(Svg, KeepsTheRangeOfEveryPixelColumn) {
  const SvgPoints points = {{0.0, 5}, {0.1, 9}, {0.2, 1}, {0.3, 4}, {1.5, 2}, {2.0, 3}, {2.5, 8}};
  const SvgPoints kept = thinned(points);
  EXPECT_EQ(svg_path(kept), "M0 5L0.1 9L0.2 1L0.3 4L1.5 2L2 3L2.5 8");
  SvgPoints many;
  for (int i = 0; i < 100; ++i) many.push_back({i / 100.0, static_cast<double>((i * 37) % 100)});
  EXPECT_EQ(svg_path(thinned(many)), "M0 0L0.3 99L1 63");  // the lowest is the first
}

TEST(Svg, ShortensWithAnEllipsis) {
  EXPECT_EQ(shortened("short", 100), "short");
  const std::string cut = shortened("a name that is much too long for its place", 100);
  EXPECT_LE(text_width(cut), 100);
  EXPECT_THAT(cut, ::testing::EndsWith("\xE2\x80\xA6"));
  EXPECT_EQ(px(-0.01), "0");
  EXPECT_EQ(px(12.34), "12.3");
}

}  // namespace
}  // namespace clipkit
