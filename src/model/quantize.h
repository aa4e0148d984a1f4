#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/state_dict.h"
#include "model/clip.h"

namespace clipkit {

// What went into one matrix, or convolution, while the model ran on calibration data.
struct InputSample {
  static constexpr int64_t kRows = 128;

  int64_t in = 0, seen = 0;    // inputs (of a convolution: channels), and rows of them (pixels) that came by
  std::vector<float> rows;     // at most kRows of them, each as likely as any other
  std::vector<float> largest;  // (in) magnitude of each input over all rows
};

// Samples of the inputs of all weights that can be of int8, by their names.
class InputSamples {
 public:
  // Before clip.prepare(), on a backend of float32; clip may not outlive this.
  void watch(Clip& clip);
  // What runs after this is not looked at.
  void stop() noexcept { watching_ = false; }
  const std::map<std::string, InputSample>& by_name() const noexcept { return samples_; }

 private:
  void add(const std::string& name, const TensorView& x);

  std::map<std::string, InputSample> samples_;
  bool watching_ = true;
};

// How a matrix becomes bytes. A few channels of real towers carry values tens of times larger than the rest, which
// would leave the others of a row with a few bits.
enum class Smoothing {
  kNone,  // bytes of the weights as they are
  // Inputs are divided by largest_input^a / largest_weight^(1 - a), channel by channel, and the weights multiplied by
  // it (SmoothQuant, Xiao et al. 2022, equation 4). a, or none, is chosen for each matrix by the error of its outputs.
  kCalibrated,
};

// The same tensors with weights of int8 and their scales (docs/formats/quantized.md) for all that were sampled. b: of
// float32. On the compute thread.
StateDict quantize_weights(const StateDict& tensors, const InputSamples& samples, Smoothing smoothing, Backend& b);

}  // namespace clipkit
