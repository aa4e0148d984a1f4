#pragma once

namespace clipkit {

// GFLOP/s of the whole compute team with register operands only; the best of several short runs. bf16: 0 where the CPU
// has no such products. Call on the compute thread.
double measure_fp32_gflops();
double measure_bf16_gflops();
double measure_int8_gops();  // products of bytes; 0 without VNNI

}  // namespace clipkit
