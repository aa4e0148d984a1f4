#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/state_dict.h"
#include "model/image_tower.h"
#include "model/text_transformer.h"

namespace clipkit {

// What of a model learns, and how.
struct Learning {
  std::function<bool(const std::string&)> frozen{};  // by a parameter's name: it stays as it is and has no gradient
  // Gradients of what is multiplied by are kept in the operand type, rounded once.
  bool gradients_as_operands = false;
};

// The weights that can be of int8: the matrices of the towers' residual blocks, which are nearly all of a transformer,
// and the convolutions of a ResNet, but for those that read pixels.
bool can_be_int8(const std::string& name, const Param& param);

// The two towers and the learned temperature. Filled from a checkpoint, then prepared for a backend, then run.
class Clip {
 public:
  ModelConfig config;
  std::unique_ptr<ImageTower> visual;     // null if only the text tower is wanted
  std::unique_ptr<TextTransformer> text;  // null if only the image tower is wanted
  Param logit_scale;                      // scalar, a log
  Param logit_bias;                       // scalar; of the sigmoid loss alone

  Clip(const ModelConfig& model_config, bool image_tower, bool text_tower);

  // Every parameter under its OpenAI name.
  void visit_params(const ParamVisitor& visit);

  // Takes the parameters from a checkpoint; weights of int8 with their scales, which must have passed
  // check_quantized_tensors(), as they are. Position tables of another size are resized if a method is given.
  // place begins every message.
  // Errors: kCorrupt (missing tensor, wrong shape or type), kUnsupported (a tensor that belongs to no layer).
  void load(const StateDict& tensors, std::optional<PositionResize> resize, const std::string& place);
  // What a parameter holds that is no number, over all of them.
  int64_t count_nan();
  // OpenAI's loader rounds most weights to float16 whatever the file holds (checkpoints.md section 2.3).
  void round_to_fp16();
  void prepare(Backend& b);

  // Before the first prepare(): parameters become what an optimiser moves, on the backend, with gradients of zero.
  void start_training(Backend& b, const Learning& learning = {});

  // The multiplier itself.
  float scale() const noexcept { return scale_; }

  // pixels: (N, 3, S, S) float32 on the host. Result on the host, float32. An item's result has the same bits in any
  // batch.
  Tensor encode_pixels(const Context& c, TensorView pixels, Output output) const;
  // tokens: (N, L) int32 on the host, L at most the context length.
  Tensor encode_tokens(const Context& c, TensorView tokens, Output output) const;

 private:
  float scale_ = 0;
};

}  // namespace clipkit
