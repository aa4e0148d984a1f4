#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit {

// An ONNX graph in the making: inputs, weights, nodes in the order in which they run, outputs. Nothing here knows CLIP.
class OnnxGraph {
 public:
  // Everything that flows is known by its name.
  using Value = std::string;
  // A size, or the name of one that is free.
  using Dimension = std::variant<int64_t, std::string>;

  struct Attribute {
    std::string name;
    std::variant<int64_t, float, std::vector<int64_t>> value;
  };
  struct Node {
    std::string name, op;
    std::vector<Value> inputs, outputs;
    std::vector<Attribute> attributes;
  };
  // Made when it is written, so that no two weights need be in memory together.
  struct Weight {
    std::string name;
    Shape shape;
    DType dtype;
    std::function<Tensor()> make;

    int64_t bytes() const { return shape.num_elements() * static_cast<int64_t>(size_bytes(dtype)); }
  };
  struct Port {
    std::string name;
    DType dtype;
    std::vector<Dimension> sizes;
  };

  Value input(const std::string& name, DType dtype, std::vector<Dimension> sizes);
  // Gives a value the name under which it leaves the graph. One that is used within it keeps its users.
  void output(const Value& value, const std::string& name, std::vector<Dimension> sizes);
  // Float32 unless said otherwise. Asked for twice, a name is one weight.
  Value weight(const std::string& name, const Shape& shape, std::function<Tensor()> make);
  // Constants, called by what they are.
  Value constant(float number);
  Value constant(int64_t number);
  Value constants(const std::vector<int64_t>& numbers);  // a vector
  // layer: what the node is part of, the first half of its name.
  Value node(const std::string& layer, const std::string& op, std::vector<Value> inputs,
             std::vector<Attribute> attributes = {});
  std::vector<Value> nodes(const std::string& layer, const std::string& op, int outputs, std::vector<Value> inputs,
                           std::vector<Attribute> attributes = {});
  void describe(const std::string& key, const std::string& value) { metadata_.emplace_back(key, value); }

  const std::vector<Node>& all_nodes() const noexcept { return nodes_; }
  const std::vector<Weight>& weights() const noexcept { return weights_; }
  const std::vector<Port>& inputs() const noexcept { return inputs_; }
  const std::vector<Port>& outputs() const noexcept { return outputs_; }
  const std::vector<std::pair<std::string, std::string>>& metadata() const noexcept { return metadata_; }

 private:
  Value add_weight(Weight weight);

  std::vector<Node> nodes_;
  std::vector<Weight> weights_;
  std::vector<Port> inputs_, outputs_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::map<std::string, int> times_used_;  // of a node's name before it is numbered
};

}  // namespace clipkit
