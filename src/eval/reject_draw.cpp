#include "eval/reject_draw.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "base/random.h"

namespace clipkit {

namespace {

void shuffle(std::vector<int64_t>& rows, Random random) {
  for (size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.below(i)]);
}

}  // namespace

int64_t RejectDraw::place_of(int32_t label) const noexcept {
  const auto found = std::lower_bound(given.begin(), given.end(), int64_t{label});
  return found != given.end() && *found == label ? found - given.begin() : -1;
}

int64_t num_held_out(double hold_out, int64_t classes) {
  const double wanted =
      hold_out < 1 ? std::max(hold_out > 0 ? 1.0 : 0.0, std::round(hold_out * static_cast<double>(classes))) : hold_out;
  CLIPKIT_CHECK(wanted <= static_cast<double>(classes) - 2 && wanted == std::floor(wanted), "of ", classes, " classes ",
                wanted, " cannot be held out: two labels or more have to stay");
  return static_cast<int64_t>(wanted);
}

RejectDraw draw_unknown(uint64_t number, int64_t num_held_out, int64_t classes,
                        const std::vector<PictureLabels>& labels, int64_t num_others) {
  RejectDraw draw;
  draw.given.resize(static_cast<size_t>(classes));
  std::iota(draw.given.begin(), draw.given.end(), int64_t{0});
  shuffle(draw.given, Random(number, RandomUse::kHoldOut, 0));
  draw.held_out.assign(draw.given.begin(), draw.given.begin() + num_held_out);
  draw.given.erase(draw.given.begin(), draw.given.begin() + num_held_out);
  std::sort(draw.given.begin(), draw.given.end());
  std::sort(draw.held_out.begin(), draw.held_out.end());
  for (int64_t row = 0; row < std::ssize(labels); ++row) {
    const auto& present = labels[static_cast<size_t>(row)].present;
    const auto given = std::count_if(present.begin(), present.end(), [&](int32_t c) { return draw.place_of(c) >= 0; });
    if (!present.empty() && given == 0) draw.unknown.push_back(row);
    if (!present.empty() && given == std::ssize(present)) draw.known.push_back(row);
  }
  for (int64_t i = 0; i < num_others; ++i) draw.unknown.push_back(std::ssize(labels) + i);
  shuffle(draw.known, Random(number, RandomUse::kHoldOut, 1));
  const auto half = draw.known.begin() + static_cast<std::ptrdiff_t>((draw.known.size() + 1) / 2);
  draw.calibration.assign(draw.known.begin(), half);
  draw.known.erase(draw.known.begin(), half);
  return draw;
}

}  // namespace clipkit
