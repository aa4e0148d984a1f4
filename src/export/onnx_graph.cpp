#include "export/onnx_graph.h"

#include <algorithm>

#include "base/check.h"

namespace clipkit {

namespace {

template <class T>
std::function<Tensor()> tensor_of(Shape shape, DType dtype, std::vector<T> values) {
  return [=] { return Tensor::copy_of(TensorView(values.data(), shape, dtype)); };
}

}  // namespace

OnnxGraph::Value OnnxGraph::input(const std::string& name, DType dtype, std::vector<Dimension> sizes) {
  inputs_.push_back({name, dtype, std::move(sizes)});
  return name;
}

void OnnxGraph::output(const Value& value, const std::string& name, std::vector<Dimension> sizes) {
  for (Node& node : nodes_) {
    std::replace(node.inputs.begin(), node.inputs.end(), value, name);
    std::replace(node.outputs.begin(), node.outputs.end(), value, name);
  }
  outputs_.push_back({name, DType::kFloat32, std::move(sizes)});
}

OnnxGraph::Value OnnxGraph::add_weight(Weight weight) {
  const auto same_name = [&](const Weight& other) { return other.name == weight.name; };
  if (std::none_of(weights_.begin(), weights_.end(), same_name)) weights_.push_back(weight);
  return std::move(weight.name);
}

OnnxGraph::Value OnnxGraph::weight(const std::string& name, const Shape& shape, std::function<Tensor()> make) {
  return add_weight({name, shape, DType::kFloat32, std::move(make)});
}

OnnxGraph::Value OnnxGraph::constant(float number) {
  return add_weight({concat("float ", number), {}, DType::kFloat32, tensor_of<float>({}, DType::kFloat32, {number})});
}

OnnxGraph::Value OnnxGraph::constant(int64_t number) {
  return add_weight({concat("int ", number), {}, DType::kInt64, tensor_of<int64_t>({}, DType::kInt64, {number})});
}

OnnxGraph::Value OnnxGraph::constants(const std::vector<int64_t>& numbers) {
  std::string name = "ints";
  for (const int64_t number : numbers) name += concat(" ", number);
  const Shape shape = {static_cast<int64_t>(numbers.size())};
  return add_weight({name, shape, DType::kInt64, tensor_of<int64_t>(shape, DType::kInt64, numbers)});
}

OnnxGraph::Value OnnxGraph::node(const std::string& layer, const std::string& op, std::vector<Value> inputs,
                                 std::vector<Attribute> attributes) {
  return nodes(layer, op, 1, std::move(inputs), std::move(attributes)).front();
}

std::vector<OnnxGraph::Value> OnnxGraph::nodes(const std::string& layer, const std::string& op, int outputs,
                                               std::vector<Value> inputs, std::vector<Attribute> attributes) {
  std::string name = concat(layer, "/", op);
  if (const int before = times_used_[name]++; before > 0) name += concat("_", before);
  std::vector<Value> results;
  results.reserve(static_cast<size_t>(outputs));
  for (int i = 0; i < outputs; ++i) results.push_back(concat(name, ":", i));
  nodes_.push_back({name, op, std::move(inputs), results, std::move(attributes)});
  return results;
}

}  // namespace clipkit
