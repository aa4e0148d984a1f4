#include "curate/near_duplicates.h"

#include <algorithm>

#include "ops/similarity.h"

namespace clipkit {

namespace {

constexpr int64_t kTile = 256;  // rows that are compared with a part at once

}  // namespace

std::vector<NearDuplicate> find_near_duplicates(Backend& backend, const FeatureRows& rows, double cosine,
                                                std::vector<bool> is_out,
                                                const std::function<void(int64_t done, int64_t total)>& progress) {
  std::vector<int64_t> first = {0};  // row of each part
  int64_t longest = 0;
  for (const TensorView& part : rows.parts) {
    first.push_back(first.back() + part.shape()[0]);
    longest = std::max(longest, part.shape()[0]);
  }
  std::vector<NearDuplicate> found;
  const Tensor room = Tensor::empty({kTile * longest});
  for (size_t p = 0; p < rows.parts.size(); ++p) {
    for (int64_t begin = 0; begin < rows.parts[p].shape()[0]; begin += kTile) {
      const TensorView tile = rows.parts[p].slice(begin, std::min(begin + kTile, rows.parts[p].shape()[0]));
      const int64_t num_rows = tile.shape()[0], first_row = first[p] + begin;
      for (size_t q = 0; q <= p; ++q) {
        // Of the tile's own part, what stands up to the tile's end.
        const TensorView others = q < p ? rows.parts[q] : rows.parts[p].slice(0, begin + num_rows);
        const int64_t num_others = others.shape()[0];
        const TensorView c = room.view().slice(0, num_rows * num_others).reshape({num_rows, num_others});
        ops::similarity(backend, {.a = tile, .b = others, .c = c});
        for (int64_t r = 0; r < num_rows; ++r) {
          const int64_t row = first_row + r;
          if (is_out[static_cast<size_t>(row)]) continue;
          const auto near = c.row<float>(r);
          const int64_t end = std::min(num_others, row - first[q]);  // earlier rows alone
          for (int64_t i = 0; i < end; ++i) {
            if (static_cast<double>(near[static_cast<size_t>(i)]) < cosine || is_out[static_cast<size_t>(first[q] + i)])
              continue;
            is_out[static_cast<size_t>(row)] = true;
            found.push_back({row, first[q] + i, near[static_cast<size_t>(i)]});
            break;
          }
        }
      }
      if (progress) progress(first_row + num_rows, first.back());
    }
  }
  std::sort(found.begin(), found.end(), [](const NearDuplicate& a, const NearDuplicate& b) { return a.row < b.row; });
  return found;
}

}  // namespace clipkit
