#pragma once

#include <cstdint>
#include <string>

#include "clipkit/config.h"
#include "clipkit/export.h"
#include "clipkit/model.h"

namespace clipkit {

// What this machine's arithmetic units can do when nothing but registers is involved: the limit of every model.
struct MachinePeak {
  std::string cpu_target;  // instruction set in use: "avx512", "avx2", ...
  int threads = 0;
  double fp32_gflops = 0;  // multiply-adds count twice
  double bf16_gflops = 0;  // 0 where the CPU has no bf16 products
  double int8_gops = 0;    // of bytes, with sums of 32 bits; 0 where the CPU has no such products (VNNI)
};
// Takes about a third of a second. threads: 0 for all processors.
CLIPKIT_API MachinePeak measure_peak(int threads = 0);

// Arithmetic of one item in GFLOP, counted as the literature does: products, attention and projection, every token.
CLIPKIT_API double image_gflop(const ModelConfig& config);
CLIPKIT_API double text_gflop(const ModelConfig& config, int num_tokens);

// How long one item takes in batches of a size.
struct Timing {
  int64_t batch = 0;
  int64_t runs = 0;
  double best_ms = 0, median_ms = 0;  // per item
};
// Runs made-up pixels for at least min_seconds after a warm-up.
CLIPKIT_API Timing time_image_encoder(const Model& model, int64_t batch, double min_seconds = 1.0);
// Runs texts of num_tokens tokens each, start and end token included.
CLIPKIT_API Timing time_text_encoder(const Model& model, int64_t batch, int num_tokens, double min_seconds = 1.0);

}  // namespace clipkit
