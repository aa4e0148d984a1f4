#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nn/param.h"

namespace clipkit {

struct OptimizerOptions {
  double beta1 = 0.9, beta2 = 0.98, eps = 1e-6;
  double weight_decay = 0.2;  // of matrices and tables; gains, biases, the class token and the temperature have none
  bool bf16_moments = false;  // the moments in bf16, stochastically rounded (CLIP section 2.5)
  uint64_t seed = 0;          // of the rounding
};

// AdamW over the parameters of a model that have a gradient.
class Optimizer {
 public:
  // Everything the optimiser knows about one parameter.
  struct Entry {
    std::string name;
    Param* param;
    Tensor m, v;      // zero until the first step
    bool decay;       // matrices only
    double lr_scale;  // of the learning rate
  };

  // A list of parameters, such as Clip::visit_params. They must outlive the optimiser.
  using Parameters = std::function<void(const ParamVisitor&)>;
  // Factor of a parameter's learning rate, by its name.
  using LearningRateScale = std::function<double(const std::string&)>;

  Optimizer(Backend& backend, const Parameters& parameters, const OptimizerOptions& options,
            const LearningRateScale& lr_scale = {});

  void zero_grad();
  // The Euclidean norm of all gradients together. Waits for the backend.
  double gradient_norm() const;
  // One step with all gradients multiplied by gradient_factor.
  void step(double lr, double gradient_factor);

  // Steps taken; restoring it together with the entries' moments goes on where they were saved.
  int64_t steps = 0;
  std::vector<Entry>& entries() noexcept { return entries_; }
  const OptimizerOptions& options() const noexcept { return options_; }

 private:
  Backend& backend_;
  OptimizerOptions options_;
  std::vector<Entry> entries_;
};

}  // namespace clipkit
