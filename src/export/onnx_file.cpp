#include "export/onnx_file.h"

#include <optional>
#include <system_error>

#include "base/check.h"
#include "base/file_writer.h"
#include "export/protobuf_message.h"

namespace clipkit {

namespace {

// The numbers are those of onnx.proto3.
struct ModelField {
  static constexpr int kIrVersion = 1, kProducerName = 2, kGraph = 7, kOpsetImport = 8, kMetadataProps = 14;
};
struct GraphField {
  static constexpr int kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
};
struct NodeField {
  static constexpr int kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
};
struct AttributeField {
  static constexpr int kName = 1, kFloat = 2, kInt = 3, kInts = 8, kType = 20;
};
struct AttributeType {
  static constexpr int kFloat = 1, kInt = 2, kInts = 7;
};
struct TensorField {
  static constexpr int kDims = 1, kDataType = 2, kName = 8, kRawData = 9, kExternalData = 13, kDataLocation = 14;
};
constexpr int kExternal = 1;  // of data_location

int element_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return 1;
    case DType::kInt32:
      return 6;
    case DType::kInt64:
      return 7;
    default:
      fail(ErrorCode::kUnsupported, "an ONNX graph with elements of ", to_string(dtype));
  }
}

// StringStringEntryProto
ProtobufMessage entry(std::string_view key, std::string_view value) {
  ProtobufMessage message;
  message.bytes(1, key).bytes(2, value);
  return message;
}

ProtobufMessage attribute_message(const OnnxGraph::Attribute& attribute) {
  using F = AttributeField;
  ProtobufMessage message;
  message.bytes(F::kName, attribute.name);
  if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    message.integer(F::kInt, *integer).integer(F::kType, AttributeType::kInt);
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    message.real(F::kFloat, *real).integer(F::kType, AttributeType::kFloat);
  } else {
    for (const int64_t i : std::get<std::vector<int64_t>>(attribute.value)) message.integer(F::kInts, i);
    message.integer(F::kType, AttributeType::kInts);
  }
  return message;
}

ProtobufMessage node_message(const OnnxGraph::Node& node) {
  using F = NodeField;
  ProtobufMessage message;
  for (const std::string& input : node.inputs) message.bytes(F::kInput, input);
  for (const std::string& output : node.outputs) message.bytes(F::kOutput, output);
  message.bytes(F::kName, node.name).bytes(F::kOpType, node.op);
  for (const auto& attribute : node.attributes) message.message(F::kAttribute, attribute_message(attribute));
  return message;
}

// ValueInfoProto, with TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimensions within.
ProtobufMessage port_message(const OnnxGraph::Port& port) {
  ProtobufMessage shape, tensor, type, message;
  for (const OnnxGraph::Dimension& size : port.sizes) {
    ProtobufMessage dimension;
    if (const auto* fixed = std::get_if<int64_t>(&size)) {
      dimension.integer(1, *fixed);
    } else {
      dimension.bytes(2, std::get<std::string>(size));
    }
    shape.message(1, dimension);
  }
  tensor.integer(1, element_type(port.dtype)).message(2, shape);
  type.message(1, tensor);
  message.bytes(1, port.name).message(2, type);
  return message;
}

// Where a weight lies: in the other file from offset on, or, without one, behind the message.
ProtobufMessage weight_message(const OnnxGraph::Weight& weight, std::optional<int64_t> offset,
                               const std::string& file) {
  using F = TensorField;
  ProtobufMessage message;
  for (const int64_t size : weight.shape.sizes()) message.integer(F::kDims, size);
  message.integer(F::kDataType, element_type(weight.dtype)).bytes(F::kName, weight.name);
  if (!offset) return message.begin_bytes(F::kRawData, static_cast<uint64_t>(weight.bytes()));
  return message.message(F::kExternalData, entry("location", file))
      .message(F::kExternalData, entry("offset", concat(*offset)))
      .message(F::kExternalData, entry("length", concat(weight.bytes())))
      .integer(F::kDataLocation, kExternal);
}

void write_elements(FileWriter& to, const OnnxGraph::Weight& weight) {
  const Tensor tensor = weight.make();
  CLIPKIT_CHECK(tensor.shape() == weight.shape && tensor.dtype() == weight.dtype, "weight \"", weight.name, "\" is ",
                to_string(tensor.shape()), " of ", to_string(tensor.dtype()), ", expected ", to_string(weight.shape),
                " of ", to_string(weight.dtype));
  to.write(tensor.view().raw(), tensor.view().bytes());
}

// Where each weight begins in the file beside the model; nothing for those that stay in it.
std::vector<std::optional<int64_t>> external_offsets(const OnnxGraph& graph, bool external_data) {
  std::vector<std::optional<int64_t>> offsets;
  int64_t end = 0;
  for (const OnnxGraph::Weight& weight : graph.weights()) {
    std::optional<int64_t>& offset = offsets.emplace_back();
    if (!external_data || weight.bytes() < kMinExternalBytes) continue;
    offset = (end + kExternalAlignment - 1) / kExternalAlignment * kExternalAlignment;
    end = *offset + weight.bytes();
  }
  return offsets;
}

void write_external(FileWriter& to, const OnnxGraph& graph, const std::vector<std::optional<int64_t>>& offsets) {
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (!offsets[i]) continue;
    to.write(std::string(static_cast<size_t>(*offsets[i]) - to.position(), '\0'));
    write_elements(to, graph.weights()[i]);
  }
}

void write_model(FileWriter& to, const OnnxGraph& graph, const std::vector<std::optional<int64_t>>& offsets,
                 const std::string& weights_file) {
  ProtobufMessage fields;  // of the graph, but for its weights
  for (const auto& node : graph.all_nodes()) fields.message(GraphField::kNode, node_message(node));
  fields.bytes(GraphField::kName, "CLIP");
  for (const auto& port : graph.inputs()) fields.message(GraphField::kInput, port_message(port));
  for (const auto& port : graph.outputs()) fields.message(GraphField::kOutput, port_message(port));

  // A message begins with its length, so the weights are measured before they are made.
  std::vector<std::string> heads;
  uint64_t graph_bytes = fields.text().size();
  for (size_t i = 0; i < offsets.size(); ++i) {
    const OnnxGraph::Weight& weight = graph.weights()[i];
    const ProtobufMessage message = weight_message(weight, offsets[i], weights_file);
    const uint64_t behind = offsets[i] ? 0 : static_cast<uint64_t>(weight.bytes());
    ProtobufMessage head;
    head.begin_bytes(GraphField::kInitializer, message.text().size() + behind);
    heads.push_back(head.text() + message.text());
    graph_bytes += heads.back().size() + behind;
  }

  ProtobufMessage opset, model;
  opset.bytes(1, "").integer(2, kOnnxOpset);
  model.integer(ModelField::kIrVersion, kOnnxIrVersion).bytes(ModelField::kProducerName, "clipkit");
  model.message(ModelField::kOpsetImport, opset);
  for (const auto& [key, value] : graph.metadata()) model.message(ModelField::kMetadataProps, entry(key, value));
  model.begin_bytes(ModelField::kGraph, graph_bytes);
  to.write(model.text());
  to.write(fields.text());
  for (size_t i = 0; i < heads.size(); ++i) {
    to.write(heads[i]);
    if (!offsets[i]) write_elements(to, graph.weights()[i]);
  }
}

}  // namespace

std::filesystem::path onnx_data_path(const std::filesystem::path& path) {
  std::filesystem::path data = path;
  data += "_data";
  return data;
}

OnnxBytes write_onnx(const OnnxGraph& graph, const std::filesystem::path& path, bool external_data) {
  int64_t total = 0;
  for (const OnnxGraph::Weight& weight : graph.weights()) total += weight.bytes();
  external_data = external_data || total > kMaxOnnxBytes;
  const auto offsets = external_offsets(graph, external_data);
  const std::filesystem::path data_path = onnx_data_path(path);

  FileWriter model(path);
  OnnxBytes bytes;
  std::error_code error;  // what cannot be removed cannot be replaced either: commit() says so
  if (!external_data) {
    write_model(model, graph, offsets, "");
    model.commit();
    std::filesystem::remove(data_path, error);  // of the model that was here
    bytes.model = static_cast<int64_t>(model.position());
    return bytes;
  }
  FileWriter weights(data_path);
  write_external(weights, graph, offsets);
  write_model(model, graph, offsets, data_path.filename().string());
  std::filesystem::remove(path, error);
  weights.commit();
  model.commit();
  bytes.model = static_cast<int64_t>(model.position());
  bytes.weights = static_cast<int64_t>(weights.position());
  return bytes;
}

}  // namespace clipkit
