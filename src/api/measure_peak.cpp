#include "base/compute_thread.h"
#include "base/cpu_target.h"
#include "base/parallel.h"
#include "clipkit/benchmark.h"
#include "runtime/peak_rates.h"

namespace clipkit {

MachinePeak measure_peak(int threads) {
  MachinePeak peak;
  run_on_compute_thread([&] {
    set_num_compute_threads(threads);
    peak.cpu_target = to_string(cpu_target());
    peak.threads = num_compute_threads();
    const PeakRates rates = measure_peak_rates();
    peak.fp32_gflops = rates.fp32_gflops;
    peak.bf16_gflops = rates.bf16_gflops;
    peak.int8_gops = rates.int8_gops;
  });
  return peak;
}

}  // namespace clipkit
