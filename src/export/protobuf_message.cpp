#include "export/protobuf_message.h"

#include <bit>

namespace clipkit {

namespace {
constexpr int kVarint = 0, kBytes = 2, kFixed32 = 5;  // wire types
}

ProtobufMessage& ProtobufMessage::integer(int field, int64_t value) {
  tag(field, kVarint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real(int field, float value) {
  tag(field, kFixed32);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) text_ += static_cast<char>(bits >> shift);
  return *this;
}

ProtobufMessage& ProtobufMessage::bytes(int field, std::string_view content) {
  begin_bytes(field, content.size());
  text_ += content;
  return *this;
}

ProtobufMessage& ProtobufMessage::begin_bytes(int field, uint64_t size) {
  tag(field, kBytes);
  varint(size);
  return *this;
}

void ProtobufMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
  text_ += static_cast<char>(value);
}

}  // namespace clipkit
