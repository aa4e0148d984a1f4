#include "runtime/peak_rates.h"

#include "cpu/peak.h"

namespace clipkit {

PeakRates measure_peak_rates() {
  return {.fp32_gflops = measure_fp32_gflops(), .bf16_gflops = measure_bf16_gflops(), .int8_gops = measure_int8_gops()};
}

}  // namespace clipkit
