#pragma once

#include <string>
#include <vector>

#include "clipkit/model.h"

#include "cli/options.h"

namespace clipkit::cli {

// Options of every command that runs a model.
class ModelOptions {
 public:
  void add_model_to(std::vector<Option>& options);    // --model alone
  void add_others_to(std::vector<Option>& options);   // how to run it
  void add_reading_to(std::vector<Option>& options);  // of these, what changes the model that is read

  std::string name() const { return model_.empty() ? "emoji" : model_; }
  const LoadOptions& load_options() const noexcept { return load_; }

  // Says so where the weights are made up, or where no model was named. Errors: those of clipkit::load.
  Model load(bool image_tower, bool text_tower) const;
  // What decides the features, for resuming: one JSON object.
  std::string settings() const;

 private:
  std::string model_;
  LoadOptions load_;
};

// The names of activations, precisions and dtypes as options and `info` spell them.
const char* spelled(Activation activation) noexcept;

}  // namespace clipkit::cli
