#include "model/resize_positions.h"

#include <gtest/gtest.h>

#include "support/golden.h"

namespace clipkit {
namespace {

// Sums of at most 6 x 6 products of values of order 1 in double; the record was made in float32.
constexpr double kClose = 1e-5;

TEST(ResizePositions, MatchesTheRecordedGrids) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/position_resize.safetensors");
  const StateDict golden = testing::read_golden(path);
  int checked = 0;
  for (const auto& [name, input] : golden) {
    if (!name.starts_with("vision_") || !name.ends_with(".input")) continue;
    const std::string base = name.substr(0, name.size() - 6);
    const int grid = std::stoi(base.substr(base.find("_to_") + 4));
    testing::expect_close(resize_grid_positions(input, grid, PositionResize::kAntialias),
                          golden.at(base + ".antialias"), kClose, 0, base + " antialias");
    testing::expect_close(resize_grid_positions(input, grid, PositionResize::kPlain), golden.at(base + ".plain"),
                          kClose, 0, base + " plain");
    ++checked;
  }
  EXPECT_EQ(checked, 6);
}

TEST(ResizePositions, MatchesTheRecordedTextTables) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/position_resize.safetensors");
  const StateDict golden = testing::read_golden(path);
  for (const char* base : {"text_77_to_32", "text_32_to_77", "text_16_to_20"}) {
    const std::string name = base;
    const int length = std::stoi(name.substr(name.find("_to_") + 4));
    testing::expect_close(resize_text_positions(golden.at(name + ".input"), length), golden.at(name + ".linear"),
                          kClose, 0, name);
  }
}

TEST(ResizePositions, KeepsATableOfTheSameSize) {
  Tensor table = Tensor::empty({1 + 9, 2});
  for (int i = 0; i < 20; ++i) table.data<float>()[i] = static_cast<float>(i * i);
  testing::expect_close(resize_grid_positions(table, 3, PositionResize::kAntialias), table, 1e-5, 0, "grid");
  testing::expect_close(resize_text_positions(table, 10), table, 0, 0, "text");
}

}  // namespace
}  // namespace clipkit
