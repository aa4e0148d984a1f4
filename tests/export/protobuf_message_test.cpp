#include "export/protobuf_message.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

using namespace std::string_literals;

// The examples of protobuf.dev, "Encoding".
TEST(ProtobufMessage, EncodesThePublishedExamples) {
  EXPECT_EQ(ProtobufMessage().integer(1, 150).text(), "\x08\x96\x01"s);
  EXPECT_EQ(ProtobufMessage().bytes(2, "testing").text(), "\x12\x07testing"s);
  EXPECT_EQ(ProtobufMessage().message(3, ProtobufMessage().integer(1, 150)).text(), "\x1a\x03\x08\x96\x01"s);
  EXPECT_EQ(ProtobufMessage().integer(1, -2).text(), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
}

TEST(ProtobufMessage, EncodesTheEndsOfEachKind) {
  EXPECT_EQ(ProtobufMessage().integer(1, 0).text(), "\x08\0"s);
  EXPECT_EQ(ProtobufMessage().integer(16, 127).text(), "\x80\x01\x7f"s);
  EXPECT_EQ(ProtobufMessage().integer(1, 128).text(), "\x08\x80\x01"s);
  EXPECT_EQ(ProtobufMessage().integer(1, INT64_MAX).text(), "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s);
  EXPECT_EQ(ProtobufMessage().real(2, 1.5f).text(), "\x15\0\0\xc0\x3f"s);
  EXPECT_EQ(ProtobufMessage().bytes(2, "").text(), "\x12\0"s);
  EXPECT_EQ(ProtobufMessage().begin_bytes(9, uint64_t{1} << 31).text(), "\x4a\x80\x80\x80\x80\x08"s);
}

}  // namespace
}  // namespace clipkit
