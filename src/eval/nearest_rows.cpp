#include "eval/nearest_rows.h"

#include <algorithm>

#include "base/parallel.h"
#include "ops/similarity.h"

namespace clipkit {

namespace {

constexpr int64_t kRows = 4096, kOthers = 256;  // of a block: 4 MiB of similarities

}  // namespace

NearestRows::NearestRows(Backend& backend, TensorView rows)
    : backend_(backend),
      rows_(rows),
      nearest_(static_cast<size_t>(rows.shape()[0])),
      block_(Tensor::empty({std::min(kRows, rows.shape()[0]) * kOthers})) {}

void NearestRows::compare(TensorView others, int64_t first_index) {
  for (int64_t begin = 0; begin < others.shape()[0]; begin += kOthers) {
    const TensorView some = others.slice(begin, std::min(begin + kOthers, others.shape()[0]));
    const int64_t m = some.shape()[0];
    for (int64_t row = 0; row < rows_.shape()[0]; row += kRows) {
      const TensorView own = rows_.slice(row, std::min(row + kRows, rows_.shape()[0]));
      const int64_t n = own.shape()[0];
      const TensorView scores = block_.view().slice(0, n * m).reshape({n, m});
      ops::similarity(backend_, {.a = own, .b = some, .c = scores});
      parallel_for(n, [&](int64_t i) {
        Nearest& best = nearest_[static_cast<size_t>(row + i)];
        const float* found = scores.data<float>() + i * m;
        for (int64_t j = 0; j < m; ++j) {
          if (found[j] > best.cosine) best = {found[j], first_index + begin + j};
        }
      });
    }
  }
}

}  // namespace clipkit
