#pragma once

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "export/onnx_operators.h"

// Runs a model that was read back, in double: what its graph says can be held against our towers wherever the tests
// run, without another's run-time. Types are not checked; ONNX Runtime does that (tests/cli/export_test.cpp).

namespace clipkit::testing {

using OnnxArrays = std::map<std::string, OnnxArray>;

namespace onnx {

// Operators of single numbers, and of two.
inline double (*unary(const std::string& op))(double) {
  static const std::map<std::string, double (*)(double)> table = {
      {"Cast", [](double x) { return std::trunc(x); }},  // to integers alone, which run() sees to
      {"Erf", [](double x) { return std::erf(x); }},
      {"Relu", [](double x) { return std::max(x, 0.0); }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
  };
  const auto found = table.find(op);
  return found == table.end() ? nullptr : found->second;
}

inline double (*binary(const std::string& op))(double, double) {
  static const std::map<std::string, double (*)(double, double)> table = {
      {"Add", [](double a, double b) { return a + b; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
  };
  const auto found = table.find(op);
  return found == table.end() ? nullptr : found->second;
}

inline std::vector<OnnxArray> run(OnnxNode& node, const Inputs& in) {
  const std::string& op = node.op;
  const auto one = [](OnnxArray array) { return std::vector<OnnxArray>{std::move(array)}; };
  const OnnxArray& x = *in.at(0);
  if (op == "Cast") {
    const int64_t type = node.integer("to");
    expect(type == 6 || type == 7, "a cast to int32 or int64");
  }
  if (auto* f = unary(op)) return one(each(x, f));
  if (auto* f = binary(op)) {
    expect(in.size() == 2, "two operands");
    return one(each(x, *in[1], f));
  }
  if (op == "ArgMax") {
    expect(node.integer("keepdims", 1) == 1, "an axis that stays");
    return one(along(x, node.integer("axis", 0), [](const Line& line) {
      return Line{static_cast<double>(std::max_element(line.begin(), line.end()) - line.begin())};
    }));
  }
  if (op == "AveragePool") return one(average_pool(node, x));
  if (op == "Concat") return one(concat(in, node.integer("axis")));
  if (op == "Conv") return one(conv(node, x, *in.at(1), in.size() > 2 ? in[2] : nullptr));
  if (op == "Expand") return one(repeated(x, broadcast(x.sizes, integers_of(*in.at(1)))));
  if (op == "Gather") return one(gather(x, *in.at(1), node.integer("axis", 0)));
  if (op == "GatherND") {
    expect(node.integer("batch_dims", 0) == 1, "one axis of batches");
    return one(gather_rows(x, *in.at(1)));
  }
  if (op == "LayerNormalization") {
    const double eps = node.real("epsilon");
    expect(axis_of(node.integer("axis", -1), x.sizes.size()) + 1 == x.sizes.size(), "the last axis");
    return one(along(x, -1, [&](const Line& line) { return layer_norm(line, *in.at(1), *in.at(2), eps); }));
  }
  if (op == "MatMul") return one(mat_mul(x, *in.at(1)));
  if (op == "Range") {
    OnnxArray y{{0}, {}};
    for (double i = x.values.at(0); i < in.at(1)->values.at(0); i += in.at(2)->values.at(0)) y.values.push_back(i);
    y.sizes[0] = static_cast<int64_t>(y.values.size());
    return one(std::move(y));
  }
  if (op == "ReduceL2") return one(reduced(node, x, length));
  if (op == "ReduceMean") return one(reduced(node, x, mean));
  if (op == "Reshape") return one(reshape(x, integers_of(*in.at(1))));
  if (op == "Shape") {
    const auto rank = static_cast<int64_t>(x.sizes.size());
    const int64_t start = node.integer("start", 0), end = node.integer("end", rank);
    expect(0 <= start && start <= end && end <= rank, "axes that are there");
    return one({{end - start}, Line(x.sizes.begin() + start, x.sizes.begin() + end)});
  }
  if (op == "Softmax") return one(along(x, node.integer("axis", -1), softmax));
  if (op == "Split") return split(x, integers_of(*in.at(1)), node.integer("axis", 0));
  if (op == "Squeeze" || op == "Unsqueeze") {
    const Sizes axes = integers_of(*in.at(1));
    expect(axes.size() == 1, "one axis");
    return one(op == "Squeeze" ? squeezed(x, axes[0]) : unsqueezed(x, axes[0]));
  }
  if (op == "Transpose") return one(transposed(x, node.integers("perm")));
  if (op == "Where") {
    // Of both sides the one that counts, 0 of the other.
    const OnnxArray a = each(x, *in.at(1), [](double condition, double value) { return condition != 0 ? value : 0; });
    const OnnxArray b = each(x, *in.at(2), [](double condition, double value) { return condition != 0 ? 0 : value; });
    return one(each(a, b, [](double p, double q) { return p + q; }));
  }
  throw std::runtime_error("an operator that our graphs do not use");
}

inline OnnxArray array_of(const ReadOnnx::Tensor& tensor) {
  OnnxArray array{tensor.sizes, {}};
  const auto read = [&](auto element) {
    for (size_t at = 0; at < tensor.data.size(); at += sizeof element) {
      std::memcpy(&element, tensor.data.data() + at, sizeof element);
      array.values.push_back(static_cast<double>(element));
    }
  };
  expect(tensor.type == 1 || tensor.type == 7, "float32 or int64");
  if (tensor.type == 1) read(float{});
  if (tensor.type == 7) read(int64_t{});
  expect(static_cast<int64_t>(array.values.size()) == product(array.sizes), "as many elements as the sizes say");
  return array;
}

// Holds an array against the sizes that the model promises; a name stands for one size throughout.
inline void check_port(const ReadMessage& port, const OnnxArray& array, std::map<std::string, int64_t>& named) {
  const auto sizes = port.message(2).message(1).message(2).messages(1);
  expect(sizes.size() == array.sizes.size(), "as many axes as promised");
  for (size_t i = 0; i < sizes.size(); ++i) {
    const bool is_free = sizes[i].numbers.empty();
    const int64_t promised =
        is_free ? named.emplace(sizes[i].text(2), array.sizes[i]).first->second : sizes[i].number(1);
    expect(array.sizes[i] == promised, "the size that was promised");
  }
}

}  // namespace onnx

// Errors: std::runtime_error, naming the node.
inline OnnxArrays run_onnx(const ReadOnnx& model, OnnxArrays values) {
  std::map<std::string, int64_t> named;
  for (const ReadMessage& port : model.graph.messages(11)) onnx::check_port(port, values.at(port.text(1)), named);
  for (const auto& [name, tensor] : model.tensors) values[name] = onnx::array_of(tensor);
  for (const ReadMessage& message : model.graph.messages(1)) {
    OnnxNode node(message);
    try {
      onnx::Inputs in;
      for (const std::string& input : node.inputs) in.push_back(&values.at(input));
      std::vector<OnnxArray> results = onnx::run(node, in);
      onnx::expect(node.all_taken(), "an attribute that is not looked at");
      onnx::expect(results.size() == node.outputs.size(), "as many results as outputs");
      for (size_t i = 0; i < results.size(); ++i) values[node.outputs[i]] = std::move(results[i]);
    } catch (const std::exception& error) {
      throw std::runtime_error(node.name + ": " + error.what());
    }
  }
  OnnxArrays outputs;
  for (const ReadMessage& port : model.graph.messages(12)) {
    onnx::check_port(port, values.at(port.text(1)), named);
    outputs[port.text(1)] = std::move(values.at(port.text(1)));
  }
  return outputs;
}

}  // namespace clipkit::testing
