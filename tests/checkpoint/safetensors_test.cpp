#include "checkpoint/safetensors.h"

#include "base/concat.h"
#include "checkpoint/testing.h"
#include "clipkit/tensor_file.h"

namespace clipkit {
namespace {

using testing::error_of;
using testing::memory_source;

// A safetensors file with the header and the data as given.
std::string file_of(std::string_view header, std::string_view data = {}) {
  const uint64_t length = header.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  return file.append(header).append(data);
}
Safetensors parse(std::string_view bytes) {
  return read_safetensors(memory_source(bytes));
}
testing::Caught refuse_safetensors(std::string_view bytes) {
  return error_of([&] { parse(bytes); });
}

TEST(Safetensors, RefusesEveryBadGoldenFile) {
  CLIPKIT_GOLDEN_OR_SKIP(folder, "formats/bad_safetensors");
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto caught = error_of([&] { read_safetensors(MappedFile::open(entry.path())); });
    EXPECT_EQ(caught.code, ErrorCode::kCorrupt) << entry.path();
    EXPECT_TRUE(caught.message.find(entry.path().string()) == 0) << caught.message;
    ++count;
  }
  EXPECT_GE(count, 18);
}

TEST(Safetensors, ReadsEveryGoodGoldenFile) {
  CLIPKIT_GOLDEN_OR_SKIP(folder, "formats/good_safetensors");
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_NO_THROW(read_safetensors(MappedFile::open(entry.path()))) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 5);
}

TEST(Safetensors, ReadsTensorsAndMetadata) {
  const std::string data("\x00\x00\x80\x3f\x00\x00\x00\x40\x07", 9);
  const Safetensors file = parse(file_of(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]},)"
      R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"none":{"dtype":"F32","shape":[0,9],"data_offsets":[9,9]}}   )",
      data));
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
  ASSERT_EQ(file.tensors.size(), 3u);
  EXPECT_EQ(file.tensors.at("a").shape(), (Shape{1, 2}));
  EXPECT_EQ(file.tensors.at("a").data<float>()[0], 1.0f);
  EXPECT_EQ(file.tensors.at("a").data<float>()[1], 2.0f);
  EXPECT_EQ(file.tensors.at("b").shape(), Shape{});
  EXPECT_EQ(file.tensors.at("b").data<uint8_t>()[0], 7);
  EXPECT_EQ(file.tensors.at("none").num_elements(), 0);
}

TEST(Safetensors, PointsIntoTheFile) {
  const ByteSource source = memory_source(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "abcd"));
  const Safetensors file = read_safetensors(source);
  EXPECT_EQ(static_cast<const std::byte*>(file.tensors.at("a").view().raw()),
            source.bytes.data() + source.bytes.size() - 4);
  EXPECT_EQ(file.tensors.at("a").owner(), source.owner);
}

TEST(Safetensors, CopiesTensorsThatLieAtAnOddAddress) {
  const Safetensors file =
      parse(file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} )", std::string("\0\0\x80\x3f", 4)));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file.tensors.at("a").view().raw()) % 4, 0u);
  EXPECT_EQ(file.tensors.at("a").data<float>()[0], 1.0f);
}

TEST(Safetensors, ListsElementTypesThatHaveNoDType) {
  const Safetensors file = parse(file_of(
      R"({"c":{"dtype":"C64","shape":[1],"data_offsets":[0,8]},"f8":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[8,10]},)"
      R"("f4":{"dtype":"F4","shape":[2,3],"data_offsets":[10,13]},"f6":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[13,16]}})",
      std::string(16, 'x')));
  EXPECT_TRUE(file.tensors.empty());
  EXPECT_EQ(file.unreadable.at("c"), "C64");
  EXPECT_EQ(file.unreadable.at("f8"), "F8_E4M3");
  EXPECT_EQ(file.unreadable.at("f4"), "F4");
  EXPECT_EQ(file.unreadable.at("f6"), "F6_E2M3");
}

TEST(Safetensors, RejectsElementsThatSplitAByte) {
  EXPECT_EQ(refuse_safetensors(file_of(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", "xx")).code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_safetensors(file_of(R"({"a":{"dtype":"F6_E3M2","shape":[3],"data_offsets":[0,2]}})", "xx")).code,
            ErrorCode::kCorrupt);
}

TEST(Safetensors, RejectsHeaderLongerThanFile) {
  std::string file = file_of("{}");
  file[0] = 3;
  const auto caught = refuse_safetensors(file);
  EXPECT_EQ(caught.code, ErrorCode::kCorrupt);
  EXPECT_EQ(caught.message, "test: safetensors header of 3 bytes, the file has 2 after the length");
}

TEST(Safetensors, RejectsHeaderOverTheLimit) {
  std::string file(8, '\xff');
  file += "{}";
  EXPECT_NE(refuse_safetensors(file).message.find("the limit is 100000000"), std::string::npos);
}

TEST(Safetensors, RejectsTensorsThatLie) {
  const auto one = [](std::string_view entry) { return file_of(concat("{\"a\":", entry, "}"), "12345678"); };
  for (const std::string_view entry : {
           R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})",                      // too few bytes
           R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})",                      // does not reach the end
           R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})",                      // hole
           R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})",                      // reversed
           R"({"dtype":"F32","shape":[2],"data_offsets":[0,16]})",                     // past the end
           R"({"dtype":"F32","shape":[3],"data_offsets":[0,18446744073709551612]})",   // past the end of everything
           R"({"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,8]})",  // overflows to 0 elements
           R"({"dtype":"F32","shape":[18446744073709551615,2],"data_offsets":[0,8]})",
           R"({"dtype":"U8","shape":[0,18446744073709551615],"data_offsets":[0,0]})",  // an axis beyond int64
           R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":["2"],"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":[[2]],"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":[2],"data_offsets":[0]})",
           R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,8]})",
           R"({"dtype":"F32","shape":[2],"data_offsets":{"a":1}})",
           R"({"dtype":1,"shape":[2],"data_offsets":[0,8]})",
           R"({"dtype":"f32","shape":[2],"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":[2]})",
           R"({"dtype":"F32","data_offsets":[0,8]})",
           R"({"shape":[2],"data_offsets":[0,8]})",
           R"({"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})",
           R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":1})",
           R"([])",
           R"("F32")",
           R"(null)",
           R"(true)",
           "1",
       }) {
    EXPECT_EQ(refuse_safetensors(one(entry)).code, ErrorCode::kCorrupt) << entry;
  }
  EXPECT_NO_THROW(parse(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})")));
}

TEST(Safetensors, RejectsHeadersThatAreNotOneObject) {
  for (const std::string_view header :
       {"", " ", "[]", "null", "{", "{}}", "{} x", " {}", "{\"a\":}", "{'a':1}", "{\"a\" 1}",
        "{\"__metadata__\":{\"a\":1}}", "{\"__metadata__\":[]}", "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}", "{\"\xff\":{}}", "{\"__metadata__\":{\"a\":\"\xc3\"}}"}) {
    EXPECT_EQ(refuse_safetensors(file_of(header)).code, ErrorCode::kCorrupt) << header;
  }
  EXPECT_EQ(refuse_safetensors(file_of(std::string_view("{}\0[", 4))).code, ErrorCode::kCorrupt);
}

TEST(Safetensors, RejectsMoreAxesThanAShapeHas) {
  const auto caught =
      refuse_safetensors(file_of(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", "x"));
  EXPECT_EQ(caught.code, ErrorCode::kUnsupported);
  EXPECT_EQ(caught.message, "test: tensor \"a\" has more than 8 axes");
}

TEST(Safetensors, NamesFilePlaceExpectedAndFound) {
  EXPECT_EQ(refuse_safetensors(file_of(R"({"visual.proj":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234"))
                .message,
            "test: tensor \"visual.proj\" has 4 bytes, expected 8 from its shape and dtype F32");
  EXPECT_EQ(refuse_safetensors(file_of(R"({"a":{"dtype":"F32","shape":[true]}})")).message,
            "test: safetensors header, \"a\": found a boolean, expected shape (an array of whole numbers)");
}

TEST(Safetensors, ShortensHostileNamesInMessages) {
  const std::string name(100'000, 'n');
  EXPECT_LT(refuse_safetensors(file_of(concat("{\"", name, "\":{}}"))).message.size(), 300u);
}

TEST(Safetensors, ReadsAHeaderOfManyTensors) {
  // 17 MB of header in a fraction of a second; a reader whose time is quadratic would run into the test's time limit.
  constexpr int kTensors = 300'000;
  std::string header = "{";
  for (int i = 0; i < kTensors; ++i) {
    header +=
        concat(i > 0 ? "," : "", "\"t", i, R"(":{"dtype":"U8","shape":[1],"data_offsets":[)", i, ",", i + 1, "]}");
  }
  EXPECT_EQ(parse(file_of(header + "}", std::string(kTensors, 'x'))).tensors.size(), static_cast<size_t>(kTensors));
}

TEST(Safetensors, SurvivesTruncationAtEveryByte) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "formats/mixed.safetensors");
  const std::string file = testing::read_all(path);
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_EQ(refuse_safetensors(std::string_view(file).substr(0, length)).code, ErrorCode::kCorrupt) << length;
  }
}

TEST(Safetensors, WritesWhatItReads) {
  testing::TemporaryFolder folder;
  StateDict tensors;
  tensors.emplace("half", Tensor::zeros({3}, DType::kFloat16));
  tensors.emplace("byte", Tensor::zeros({5}, DType::kUInt8));
  tensors.emplace("float", Tensor::zeros({2, 2}, DType::kFloat32));
  tensors.emplace("scalar", Tensor::zeros({}, DType::kInt64));
  tensors.emplace("empty", Tensor::zeros({0, 4}, DType::kFloat32));
  tensors.emplace("quote\" and \xc3\xa9", Tensor::zeros({1}, DType::kBFloat16));
  for (const auto& [name, tensor] : tensors) std::memset(tensor.view().raw(), name[0], tensor.view().bytes());
  write_safetensors(folder / "a.safetensors", tensors, {{"format", "pt"}, {"note", "line\nbreak"}});
  const std::string bytes = testing::read_all(folder / "a.safetensors");
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  EXPECT_EQ((8 + header) % 64, 0u);
  const auto mapped = MappedFile::open(folder / "a.safetensors");
  const Safetensors back = read_safetensors(mapped);
  testing::expect_same(back.tensors, tensors);
  EXPECT_EQ(back.metadata, (std::map<std::string, std::string>{{"format", "pt"}, {"note", "line\nbreak"}}));
  for (const auto& [name, tensor] : back.tensors) {
    if (name != "empty") {
      EXPECT_EQ(tensor.owner(), mapped) << name;
    }
  }
}

TEST(Safetensors, WritesTheSameBytesForTheSameTensors) {
  testing::TemporaryFolder folder;
  StateDict tensors;
  tensors.emplace("b", Tensor::zeros({3}));
  tensors.emplace("a", Tensor::zeros({3}));
  write_safetensors(folder / "1", tensors);
  write_safetensors(folder / "2", tensors);
  EXPECT_EQ(testing::read_all(folder / "1"), testing::read_all(folder / "2"));
}

TEST(Safetensors, IsReadAndWrittenThroughThePublicHeader) {
  testing::TemporaryFolder folder;
  NamedTensors content;
  content.tensors.emplace("a", Tensor::zeros({2}));
  content.metadata["note"] = "x";
  write_tensor_file(folder / "f", content);
  const NamedTensors back = read_tensor_file(folder / "f");
  testing::expect_same(back.tensors, content.tensors);
  EXPECT_EQ(back.metadata, content.metadata);
  write_file(folder / "f8", file_of(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", "x"));
  EXPECT_EQ(error_of([&] { read_tensor_file(folder / "f8"); }).code, ErrorCode::kUnsupported);
}

TEST(Safetensors, LeavesTheOldFileWhenWritingFails) {
  testing::TemporaryFolder folder;
  StateDict good, bad;
  good.emplace("a", Tensor::zeros({1}));
  bad.emplace("\xff", Tensor::zeros({1}));
  write_safetensors(folder / "f", good);
  const std::string before = testing::read_all(folder / "f");
  EXPECT_EQ(error_of([&] { write_safetensors(folder / "f", bad); }).code, ErrorCode::kInvalidArgument);
  bad.clear();
  bad.emplace("__metadata__", Tensor::zeros({1}));
  EXPECT_EQ(error_of([&] { write_safetensors(folder / "f", bad); }).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(testing::read_all(folder / "f"), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

}  // namespace
}  // namespace clipkit
