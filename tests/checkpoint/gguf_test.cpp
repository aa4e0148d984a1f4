#include "checkpoint/gguf.h"

#include <cmath>
#include <vector>

#include "checkpoint/gguf_blocks.h"
#include "checkpoint/pickle_writer.h"
#include "checkpoint/testing.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

using namespace testing;  // NOLINT: little_endian and the like

std::string gguf_text(std::string_view value) {
  return little_endian(uint64_t{value.size()}) + std::string(value);
}

struct GgufTensor {
  std::string name;
  std::vector<uint64_t> sizes;  // fastest-varying first
  uint32_t type;
  std::string bytes;
  int64_t offset = -1;  // says where it is; -1: where it is
};

// metadata: pairs already written, count of them.
std::string gguf_file(const std::vector<GgufTensor>& tensors, const std::string& metadata = "",
                      uint64_t num_metadata = 0, uint32_t version = 3, size_t alignment = 32) {
  std::string file = "GGUF" + little_endian(version) + little_endian(uint64_t{tensors.size()}) +
                     little_endian(num_metadata) + metadata;
  std::string data;
  for (const GgufTensor& tensor : tensors) {
    file += gguf_text(tensor.name) + little_endian(static_cast<uint32_t>(tensor.sizes.size()));
    for (const uint64_t size : tensor.sizes) file += little_endian(size);
    file += little_endian(tensor.type) +
            little_endian(tensor.offset >= 0 ? static_cast<uint64_t>(tensor.offset) : uint64_t{data.size()});
    data += tensor.bytes;
    data.resize((data.size() + alignment - 1) / alignment * alignment);
  }
  file.resize((file.size() + alignment - 1) / alignment * alignment);
  return file + data;
}
StoredTensors read(const std::string& bytes) {
  return read_gguf(memory_source(bytes));
}
Caught refuse_gguf(const std::string& bytes) {
  return error_of([&] { read(bytes); });
}
std::string half(float value) {
  return little_endian(float_to_half(value));
}

TEST(Gguf, ReadsFloatsWithAxesReversed) {
  const std::string six(6 * sizeof(float), 'a');
  const StoredTensors file =
      read(gguf_file({{"w", {3, 2}, 0, six}, {"h", {5}, 1, std::string(10, 'b')}, {"s", {}, 0, "1234"}}));
  EXPECT_EQ(file.tensors.at("w").shape(), (Shape{2, 3}));
  EXPECT_EQ(file.tensors.at("w").dtype(), DType::kFloat32);
  EXPECT_EQ(file.tensors.at("h").dtype(), DType::kFloat16);
  EXPECT_EQ(file.tensors.at("s").shape(), Shape{});
}

TEST(Gguf, ReadsMetadataOfEveryType) {
  const auto pair = [](const std::string& key, uint32_t type, const std::string& value) {
    return gguf_text(key) + little_endian(type) + value;
  };
  const std::string metadata =
      pair("u8", 0, "\xff") + pair("i8", 1, "\xff") + pair("u16", 2, little_endian(uint16_t{65535})) +
      pair("i16", 3, little_endian(int16_t{-2})) + pair("u32", 4, little_endian(uint32_t{7})) +
      pair("i32", 5, little_endian(int32_t{-7})) + pair("f32", 6, little_endian(0.5f)) + pair("bool", 7, "\x01") +
      pair("text", 8, gguf_text("abc")) +
      pair("array", 9, little_endian(uint32_t{8}) + little_endian(uint64_t{2}) + gguf_text("x") + gguf_text("y\xff")) +
      pair("u64", 10, little_endian(UINT64_MAX)) + pair("i64", 11, little_endian(INT64_MIN)) +
      pair("f64", 12, little_endian(0.25));
  const Json json = read(gguf_file({}, metadata, 13)).gguf_metadata;
  EXPECT_EQ(json["u8"], 255);
  EXPECT_EQ(json["i8"], -1);
  EXPECT_EQ(json["u16"], 65535);
  EXPECT_EQ(json["i16"], -2);
  EXPECT_EQ(json["u32"], 7);
  EXPECT_EQ(json["i32"], -7);
  EXPECT_EQ(json["f32"], 0.5);
  EXPECT_EQ(json["bool"], true);
  EXPECT_EQ(json["text"], "abc");
  EXPECT_EQ(json["array"], (Json{"x", "y\xef\xbf\xbd"}));
  EXPECT_EQ(json["u64"], UINT64_MAX);
  EXPECT_EQ(json["i64"], INT64_MIN);
  EXPECT_EQ(json["f64"], 0.25);
}

// Unpacks one block of hand-made nibbles: byte j holds j in its low and 15 - j in its high half.
std::vector<float> unpack(GgmlType type, const std::string& block) {
  EXPECT_EQ(static_cast<int>(block.size()), ggml_block_bytes(type));
  const StoredTensors file = read(gguf_file({{"q", {64}, static_cast<uint32_t>(type), block + block}}));
  const auto span = file.tensors.at("q").span<float>();
  EXPECT_TRUE(std::equal(span.begin(), span.begin() + 32, span.begin() + 32));
  return {span.begin(), span.begin() + 32};
}

TEST(Gguf, UnpacksEveryBlockType) {
  std::string nibbles, bytes;
  for (int j = 0; j < 16; ++j) nibbles += static_cast<char>(j | (15 - j) << 4);
  for (int j = 0; j < 32; ++j) bytes += static_cast<char>(8 * j - 128);
  const uint32_t fifth = 0x0F0F5555;
  const std::vector<float> q4_0 = unpack(GgmlType::kQ4_0, half(0.5f) + nibbles);
  const std::vector<float> q4_1 = unpack(GgmlType::kQ4_1, half(0.5f) + half(-3.0f) + nibbles);
  const std::vector<float> q5_0 = unpack(GgmlType::kQ5_0, half(0.25f) + little_endian(fifth) + nibbles);
  const std::vector<float> q5_1 = unpack(GgmlType::kQ5_1, half(0.25f) + half(2.0f) + little_endian(fifth) + nibbles);
  const std::vector<float> q8_0 = unpack(GgmlType::kQ8_0, half(0.125f) + bytes);
  for (int i = 0; i < 32; ++i) {
    const auto at = static_cast<size_t>(i);
    const int q = i < 16 ? i : 15 - (i - 16), q5 = q + (fifth >> i & 1 ? 16 : 0);
    EXPECT_EQ(q4_0[at], 0.5f * static_cast<float>(q - 8)) << i;
    EXPECT_EQ(q4_1[at], 0.5f * static_cast<float>(q) - 3.0f) << i;
    EXPECT_EQ(q5_0[at], 0.25f * static_cast<float>(q5 - 16)) << i;
    EXPECT_EQ(q5_1[at], 0.25f * static_cast<float>(q5) + 2.0f) << i;
    EXPECT_EQ(q8_0[at], 0.125f * static_cast<float>(8 * i - 128)) << i;
  }
}

TEST(Gguf, ListsOtherElementTypes) {
  const StoredTensors file = read(gguf_file({{"k", {256}, 12, std::string(144, 'x')}}));
  EXPECT_EQ(file.unreadable.at("k"), "its elements are of ggml type 12");
}

TEST(Gguf, HonoursTheAlignment) {
  const std::string metadata = gguf_text("general.alignment") + little_endian(uint32_t{4}) + little_endian(uint32_t{8});
  const StoredTensors file = read(gguf_file({{"a", {1}, 0, "1234"}, {"b", {1}, 0, "5678"}}, metadata, 1, 3, 8));
  EXPECT_EQ(std::memcmp(file.tensors.at("b").view().raw(), "5678", 4), 0);
  for (const uint32_t alignment : {0u, 3u, 1u << 20}) {
    const std::string bad = gguf_text("general.alignment") + little_endian(uint32_t{4}) + little_endian(alignment);
    EXPECT_EQ(refuse_gguf(gguf_file({}, bad, 1)).code, ErrorCode::kCorrupt);
  }
}

TEST(Gguf, RefusesOtherVersions) {
  EXPECT_NO_THROW(read(gguf_file({}, "", 0, 2)));
  EXPECT_EQ(refuse_gguf(gguf_file({}, "", 0, 1)).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_gguf(gguf_file({}, "", 0, 4)).code, ErrorCode::kUnsupported);
}

TEST(Gguf, RefusesTensorsThatLie) {
  const std::string four = "1234";
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {2}, 0, four}, {"b", {1000}, 0, four}})).code, ErrorCode::kCorrupt)
      << "past the end";
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {8}, 0, std::string(32, 'x')}, {"b", {1}, 0, four, 0}})).code,
            ErrorCode::kCorrupt)
      << "overlap";
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {1}, 0, four, 4}})).code, ErrorCode::kCorrupt) << "not aligned";
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {1}, 0, four, INT64_MAX - 31}})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {1}, 0, four}, {"a", {1}, 0, four}})).code, ErrorCode::kCorrupt) << "twice";
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {UINT64_MAX}, 0, four}})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {100, 100, 100, 100, 100, 100, 100, 100}, 0, four}})).code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {1, 1, 1, 1, 1, 1, 1, 1, 1}, 0, four}})).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_gguf(gguf_file({{"a", {33}, 2, std::string(36, 'x')}})).code, ErrorCode::kCorrupt)
      << "part of a block";
  EXPECT_EQ(refuse_gguf(gguf_file({{"\xff", {1}, 0, four}})).code, ErrorCode::kCorrupt) << "not UTF-8";
}

TEST(Gguf, RefusesMetadataThatLie) {
  const auto array = [](uint32_t type, uint64_t count) {
    return gguf_text("k") + little_endian(uint32_t{9}) + little_endian(type) + little_endian(count);
  };
  EXPECT_EQ(refuse_gguf(gguf_file({}, array(0, UINT64_MAX), 1)).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_gguf(gguf_file({}, array(0, 1000), 1)).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_gguf(gguf_file({}, array(9, 1) + array(9, 1), 1)).code, ErrorCode::kUnsupported)
      << "array of arrays";
  EXPECT_EQ(refuse_gguf(gguf_file({}, gguf_text("k") + little_endian(uint32_t{13}), 1)).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_gguf(gguf_file({}, gguf_text("k") + little_endian(uint32_t{8}) + little_endian(UINT64_MAX), 1)).code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_gguf(gguf_file({}, "", UINT64_MAX)).code, ErrorCode::kUnsupported);
  const std::string pair = gguf_text("k") + little_endian(uint32_t{7}) + "\x01";
  EXPECT_EQ(refuse_gguf(gguf_file({}, pair + pair, 2)).code, ErrorCode::kCorrupt) << "twice";
}

TEST(Gguf, SurvivesTruncationAtEveryByte) {
  const std::string metadata = gguf_text("k") + little_endian(uint32_t{9}) + little_endian(uint32_t{8}) +
                               little_endian(uint64_t{1}) + gguf_text("v");
  const std::string file =
      gguf_file({{"a", {32}, 2, std::string(18, 'x')}, {"b", {8}, 0, std::string(32, 'x')}}, metadata, 1);
  EXPECT_NO_THROW(read(file));
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_EQ(refuse_gguf(file.substr(0, length)).code, ErrorCode::kCorrupt) << length;
}

}  // namespace
}  // namespace clipkit
