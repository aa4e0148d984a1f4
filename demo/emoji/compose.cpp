#include "compose.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace clipkit::emoji {

namespace {

Frame upright_frame(Point center, double size, Random& random) {
  return {.center = center, .size = size, .angle = random.uniform(-0.1, 0.1)};
}

// "in the upper left corner" for a small thing far from the middle.
std::string where(const Frame& frame, double side) {
  const double x = frame.center.x / side - 0.5, y = frame.center.y / side - 0.5;
  const std::string_view row = y < -0.12 ? "upper" : y > 0.12 ? "lower" : "";
  const std::string_view column = x < -0.12 ? "left" : x > 0.12 ? "right" : "";
  if (row.empty() && column.empty()) return "in the middle";
  if (!row.empty() && !column.empty()) return concat("in the ", row, " ", column, " corner");
  if (!column.empty()) return concat("on the ", column);
  return row == "upper" ? "at the top" : "at the bottom";
}

}  // namespace

Placed place_alone(int side_px, bool may_mirror, Random& random) {
  const double side = side_px;
  const uint64_t draw = random.below(10);
  const double part = draw < 6   ? random.uniform(0.78, 1.02)
                      : draw < 9 ? random.uniform(0.5, 0.78)
                                 : random.uniform(0.3, 0.5);
  const double size = part * side, room = std::max(0.04, (1 - part) / 2) * side;
  Placed placed{.frame = {.center = {}, .size = size}, .phrase = {}};
  placed.frame.center = {side / 2 + random.uniform(-room, room), side / 2 + random.uniform(-room, room)};
  placed.frame.angle = random.below(2) == 0 ? 0 : std::clamp(random.normal() * 0.12, -0.35, 0.35);
  placed.frame.aspect = random.uniform(0.9, 1.12);
  placed.frame.mirrored = may_mirror && random.below(2) == 0;
  if (part < 0.62) {
    placed.phrase = where(placed.frame, side);
  } else if (part > 0.95 && random.below(4) == 0) {
    placed.phrase = "close up";
  }
  return placed;
}

std::vector<Frame> place_many(int side_px, int count, Random& random) {
  const double side = side_px;
  std::vector<Frame> frames;
  if (count <= 4 && random.below(2) == 0) {
    const bool row = random.below(3) != 0;
    const double step = side / count, size = step * random.uniform(0.82, 0.96),
                 middle = side * random.uniform(0.4, 0.6);
    for (int i = 0; i < count; ++i) {
      const double along = (i + 0.5) * step;
      frames.push_back(upright_frame(row ? Point{along, middle} : Point{middle, along}, size, random));
    }
    return frames;
  }
  // Cells of a grid, of which some stay empty.
  const int grid = count <= 4 ? 2 : 3;
  const double cell = side / grid;
  std::vector<int> cells;
  for (int i = 0; i < grid * grid; ++i) cells.push_back(i);
  for (int i = 0; i < count; ++i) {
    const auto other = static_cast<size_t>(i) + random.below(cells.size() - static_cast<size_t>(i));
    std::swap(cells[static_cast<size_t>(i)], cells[other]);
    const int at = cells[static_cast<size_t>(i)];
    const double size = cell * random.uniform(0.72, 0.92), room = (cell - size) / 2;
    const Point center = {(at % grid + 0.5) * cell + random.uniform(-room, room),
                          (at / grid + 0.5) * cell + random.uniform(-room, room)};
    frames.push_back(upright_frame(center, size, random));
  }
  return frames;
}

Arrangement arrange(int side_px, size_t count, Random& random) {
  const double side = side_px;
  Arrangement arrangement{.frames = {}, .relation = "to the left of", .reverse = "to the right of"};
  const bool row = count == 3 || random.below(5) < 3;
  if (!row) {
    arrangement.relation = random.below(2) == 0 ? "above" : "over";
    arrangement.reverse = random.below(2) == 0 ? "below" : "under";
  } else if (random.below(3) == 0) {
    arrangement.relation = arrangement.reverse = "next to";
  }
  const double step = side / static_cast<double>(count);
  const double middle = side * random.uniform(0.42, 0.58);
  for (size_t i = 0; i < count; ++i) {
    const double along = (static_cast<double>(i) + 0.5) * step, across = middle + random.uniform(-0.06, 0.06) * side;
    const double size = step * random.uniform(0.78, 1.0);
    arrangement.frames.push_back(upright_frame(row ? Point{along, across} : Point{across, along}, size, random));
  }
  return arrangement;
}

}  // namespace clipkit::emoji
