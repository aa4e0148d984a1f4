#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipkit {

// One Protocol Buffers message in the making (protobuf.dev, "Encoding"): fields in the order in which they are added.
// ONNX needs four of its kinds of field.
class ProtobufMessage {
 public:
  ProtobufMessage& integer(int field, int64_t value);  // int32, int64, enum
  ProtobufMessage& real(int field, float value);
  ProtobufMessage& bytes(int field, std::string_view content);  // bytes, string
  ProtobufMessage& message(int field, const ProtobufMessage& content) { return bytes(field, content.text()); }
  // The beginning of a field of so many bytes, which the caller writes behind text(): weights need not be in memory
  // together.
  ProtobufMessage& begin_bytes(int field, uint64_t size);

  const std::string& text() const noexcept { return text_; }

 private:
  void tag(int field, int wire_type) { varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type)); }
  void varint(uint64_t value);

  std::string text_;
};

}  // namespace clipkit
