#include "curate/near_duplicates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "ops/reference/reference_backend.h"

namespace clipkit {
namespace {

// Unit vectors of a few dimensions, so that many are near to each other.
Tensor made_rows(int64_t n, int64_t width, uint64_t seed) {
  Tensor rows = Tensor::empty({n, width});
  Random random(seed, RandomUse::kDrawing);
  for (int64_t r = 0; r < n; ++r) {
    double squares = 0;
    for (float& x : rows.row<float>(r)) {
      x = static_cast<float>(random.normal());
      squares += static_cast<double>(x) * static_cast<double>(x);
    }
    for (float& x : rows.row<float>(r)) x /= static_cast<float>(std::sqrt(squares));
  }
  return rows;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

TEST(NearDuplicates, AreThoseOfTheDefinition) {
  const int64_t n = 700, width = 4;  // several tiles
  const double cosine = 0.985;
  const Tensor all = made_rows(n, width, 1);
  std::vector<bool> out(n, false);
  for (size_t i = 0; i < out.size(); i += 11) out[i] = true;
  // The definition, row after row. Cosines as near to the limit as rounding (width + 1 additions) count as either.
  std::vector<int64_t> expected(n, -1);
  std::vector<bool> gone = out;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i && expected[static_cast<size_t>(i)] < 0 && !out[static_cast<size_t>(i)]; ++j) {
      const double near = dot(all.row<float>(i), all.row<float>(j));
      ASSERT_GT(std::abs(near - cosine), (width + 1) * 0x1p-24) << "choose another seed";
      if (near < cosine || gone[static_cast<size_t>(j)]) continue;
      expected[static_cast<size_t>(i)] = j;
      gone[static_cast<size_t>(i)] = true;
    }
  }
  const auto backend = make_reference_backend(DType::kFloat32);
  // However the rows are cut into parts.
  for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{0, n}, {0, 1, 300, 301, n}, {0, 256, 512, n}}) {
    FeatureRows rows;
    for (size_t i = 0; i + 1 < cuts.size(); ++i) rows.parts.push_back(all.view().slice(cuts[i], cuts[i + 1]));
    int64_t done = 0;
    const auto found = find_near_duplicates(*backend, rows, cosine, out, [&](int64_t now, int64_t) { done = now; });
    EXPECT_EQ(done, n);
    std::vector<int64_t> of(n, -1);
    for (const NearDuplicate& near : found) {
      of[static_cast<size_t>(near.row)] = near.of;
      EXPECT_NEAR(near.cosine, dot(all.row<float>(near.row), all.row<float>(near.of)), (width + 1) * 0x1p-24);
    }
    EXPECT_EQ(of, expected);
    EXPECT_GT(found.size(), 100u);
    EXPECT_LT(found.size(), 600u);
  }
}

TEST(NearDuplicates, OfNothingAreNone) {
  const auto backend = make_reference_backend(DType::kFloat32);
  EXPECT_TRUE(find_near_duplicates(*backend, {}, 0.9, {}, {}).empty());
}

}  // namespace
}  // namespace clipkit
