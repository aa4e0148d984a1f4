#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "clipkit/evaluate.h"

namespace clipkit {

struct Interval {
  double low = 0, high = 0;
};

struct BootstrapOptions {
  int resamples = 1000;
  double coverage = 0.95;
  uint64_t seed = 0;
};

// The interval in which a metric of n items lies when they are drawn anew, with replacement (Efron 1979, percentiles).
// metric gets how often each item was drawn; NaN leaves a resample out. Resample r is a function of (seed, r, n) alone.
// metric is called from several threads (on_threads). Without items or resamples: NaN.
Interval bootstrap_interval(int64_t n, const std::function<double(std::span<const uint32_t> weights)>& metric,
                            const BootstrapOptions& options = {});

// The part of the items that is not 0, with its interval; NaN without items.
Estimate bootstrap_rate(std::span<const uint8_t> hits, const BootstrapOptions& options = {});

}  // namespace clipkit
