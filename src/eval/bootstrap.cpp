#include "eval/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "data/on_threads.h"

namespace clipkit {

Interval bootstrap_interval(int64_t n, const std::function<double(std::span<const uint32_t> weights)>& metric,
                            const BootstrapOptions& options) {
  CLIPKIT_CHECK(n >= 0 && options.resamples >= 0 && options.coverage > 0 && options.coverage < 1, options.resamples,
                " resamples for a coverage of ", options.coverage);
  std::vector<double> values(n > 0 ? static_cast<size_t>(options.resamples) : 0);
  on_threads(static_cast<int64_t>(values.size()), static_cast<int>(std::max(1U, std::thread::hardware_concurrency())),
             [&](int64_t r) {
               Random random(options.seed, RandomUse::kBootstrap, static_cast<uint32_t>(r));
               std::vector<uint32_t> weights(static_cast<size_t>(n), 0);
               for (int64_t i = 0; i < n; ++i) ++weights[random.below(static_cast<uint64_t>(n))];
               values[static_cast<size_t>(r)] = metric(weights);
             });
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double q) {
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {quantile((1 - options.coverage) / 2), quantile((1 + options.coverage) / 2)};
}

Estimate bootstrap_rate(std::span<const uint8_t> hits, const BootstrapOptions& options) {
  const auto rate = [&](std::span<const uint32_t> weights) {
    double found = 0;
    for (size_t i = 0; i < hits.size(); ++i) found += hits[i] != 0 ? weights[i] : 0;
    return found / static_cast<double>(hits.size());
  };
  const Interval interval = bootstrap_interval(static_cast<int64_t>(hits.size()), rate, options);
  return {rate(std::vector<uint32_t>(hits.size(), 1)), interval.low, interval.high};
}

}  // namespace clipkit
