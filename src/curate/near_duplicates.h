#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "ops/backend.h"

namespace clipkit {

// Unit vectors in several matrices, rows counted through.
struct FeatureRows {
  std::vector<TensorView> parts;  // (n, E) each, n > 0
};

// Of rows in their order, those that are as near to an earlier row that stays as `cosine`, with the first such row and
// their cosine; nothing for rows that stay. Rows that `is_out` already neither stay nor are asked.
// Exact: all rows are compared with all, R^2 E / 2 multiplications and additions. Call on the compute thread.
struct NearDuplicate {
  int64_t row, of;
  float cosine;
};
std::vector<NearDuplicate> find_near_duplicates(Backend& backend, const FeatureRows& rows, double cosine,
                                                std::vector<bool> is_out,
                                                const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace clipkit
