#pragma once

#include <string>
#include <vector>

#include "report/axis.h"

namespace clipkit {

struct PlotSeries {
  std::string name;
  std::vector<double> x, y;           // of one length, x rising; a value that the axis cannot show leaves a gap
  std::vector<double> low{}, high{};  // a band around y, such as a confidence interval; empty: none
  bool marks_points = false;
  bool draws_line = true;  // false: points alone, which are then marked
};

// A dashed horizontal line, such as the accuracy of chance.
struct ReferenceLine {
  std::string name;
  double y = 0;
};

struct LinePlot {
  std::string title;
  std::string x_label{}, y_label{};
  std::vector<PlotSeries> series{};
  std::vector<ReferenceLine> references{};
  Scale x_scale = Scale::kLinear, y_scale = Scale::kLinear;
  std::vector<double> x_ticks{};  // the marked values of x; empty: round numbers
  int width_px = 560, height_px = 320;
};

// The plot as one <svg> element, for a file of its own or within HTML: no script, no style sheet, no outside reference.
// Text has the colour of its surroundings and lines have colours that are read on light and on dark. Series of any
// length: what falls on one pixel column becomes its range. Errors: kInvalidArgument (lengths that differ, sizes under
// 200 x 120 px).
std::string to_svg(const LinePlot& plot);

}  // namespace clipkit
