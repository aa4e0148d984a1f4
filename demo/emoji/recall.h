#pragma once

#include <cstdint>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit::emoji {

// How often what is right was among the k most similar: parts of `queries`.
struct Recall {
  int64_t queries = 0;
  double at_1 = 0, at_5 = 0, at_10 = 0;
  double of_3 = 0;  // that the right target is the most similar one of it and two others chosen at random
};

// queries (Q, E) against targets (T, E), float32 rows of length 1. right[q]: the targets that query q means, of which
// the most similar one counts; queries that mean none are left out. Of equally similar targets the right one comes
// last.
Recall measure_recall(const TensorView& queries, const TensorView& targets,
                      const std::vector<std::vector<int64_t>>& right);

}  // namespace clipkit::emoji
