#pragma once

namespace clipkit {

// What the CPU's arithmetic units can do with register operands only; 0 where it has no such products.
struct PeakRates {
  double fp32_gflops = 0, bf16_gflops = 0, int8_gops = 0;
};
// Call on the compute thread.
PeakRates measure_peak_rates();

}  // namespace clipkit
