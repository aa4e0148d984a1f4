#include "eval/nearest_rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/compute_thread.h"
#include "base/random.h"
#include "cpu/cpu_backend.h"
#include "ops/similarity.h"

namespace clipkit {
namespace {

Tensor unit_rows(Backend& backend, int64_t n, int64_t width, uint64_t seed) {
  Random random(seed, RandomUse::kDrawing);
  Tensor rows = Tensor::empty({n, width});
  for (float& value : rows.span<float>()) value = static_cast<float>(random.normal());
  run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = rows, .y = rows}); });
  return rows;
}

TEST(NearestRows, FindsWhatPlainLoopsFindInAnyParts) {
  std::unique_ptr<Backend> backend;
  run_on_compute_thread([&] { backend = make_cpu_backend(); });
  const Tensor rows = unit_rows(*backend, 5000, 7, 1), others = unit_rows(*backend, 700, 7, 2);
  NearestRows nearest(*backend, rows);
  run_on_compute_thread([&] {
    nearest.compare(others.view().slice(0, 100), 0);
    nearest.compare(others.view().slice(100, 101), 100);
    nearest.compare(others.view().slice(101, 700), 101);
  });
  for (int64_t i = 0; i < 5000; i += 37) {
    double best = -2;
    for (int64_t j = 0; j < 700; ++j) {
      double cosine = 0;
      for (size_t d = 0; d < 7; ++d) cosine += static_cast<double>(rows.row<float>(i)[d]) * others.row<float>(j)[d];
      best = std::max(best, cosine);
    }
    const auto& found = nearest.nearest()[static_cast<size_t>(i)];
    EXPECT_NEAR(found.cosine, best, 8 * 6e-8) << "seven products and their sum, in float32";
    ASSERT_GE(found.index, 0);
  }
}

TEST(NearestRows, TakesTheFirstOfEqualOnesAndNoNaN) {
  std::unique_ptr<Backend> backend;
  run_on_compute_thread([&] { backend = make_cpu_backend(); });
  const Tensor rows = Tensor::zeros({2, 2}), others = Tensor::zeros({4, 2});
  rows.row<float>(0)[0] = rows.row<float>(1)[1] = 1;
  others.row<float>(0)[0] = NAN;
  others.row<float>(2)[0] = others.row<float>(3)[0] = 1;
  NearestRows nearest(*backend, rows);
  EXPECT_EQ(nearest.nearest()[0].index, -1);
  run_on_compute_thread([&] { nearest.compare(others, 10); });
  EXPECT_EQ(nearest.nearest()[0].index, 12);
  EXPECT_EQ(nearest.nearest()[0].cosine, 1);
  EXPECT_EQ(nearest.nearest()[1].index, 11);
}

}  // namespace
}  // namespace clipkit
