#include "checkpoint/torch_file.h"

#include "base/concat.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/testing.h"
#include "checkpoint/zip_writer.h"

namespace clipkit {
namespace {

using namespace testing;  // NOLINT: the pickle's opcodes by name

const std::string kFourFloats = little_endian(1.0f) + little_endian(2.0f) + little_endian(3.0f) + little_endian(4.0f);

std::string four_floats() {
  return tensor(storage("FloatStorage", "0", 4), 0, {4}, {1});
}
StoredTensors read_torch(const std::string& bytes) {
  return read_stored_tensors(memory_source(bytes));
}
Caught refuse_torch(const std::string& bytes) {
  return error_of([&] { read_torch(bytes); });
}

StoredTensors read_golden(const std::filesystem::path& path) {
  return read_stored_tensors(byte_source(MappedFile::open(path)));
}

// The names without "module.", which mixed.pt has before every one.
StateDict without_module(StateDict tensors) {
  StateDict result;
  for (auto& [name, tensor] : tensors) {
    const std::string_view key = name;
    result.emplace(key.starts_with("module.") ? key.substr(7) : key, std::move(tensor));
  }
  return result;
}

TEST(TorchFile, MixedFilesEqualTheSafetensorsFileBitForBit) {
  CLIPKIT_GOLDEN_OR_SKIP(expected_path, "formats/mixed.safetensors");
  const Safetensors expected = read_safetensors(MappedFile::open(expected_path));
  for (const auto& [name, container] :
       {std::pair{"mixed.pt", Container::kTorchZip}, std::pair{"mixed_plain.pt", Container::kTorchZip},
        std::pair{"mixed_legacy.pt", Container::kTorchLegacy}}) {
    SCOPED_TRACE(name);
    CLIPKIT_GOLDEN_OR_SKIP(path, std::string("formats/") + name);
    StoredTensors file = read_golden(path);
    EXPECT_EQ(file.container, container);
    StateDict found = without_module(std::move(file.tensors));
    for (const auto& [key, tensor] : found) {
      if (!expected.tensors.contains(key)) ADD_FAILURE() << "extra tensor " << key << " " << to_string(tensor.shape());
    }
    testing::expect_same(found, expected.tensors);
  }
}

TEST(TorchFile, ReadsAStateDictWithoutCopying) {
  const ByteSource source = memory_source(torch_file(dict({{"w", four_floats()}, {"epoch", "K\x03"}}), {kFourFloats}));
  const StoredTensors file = read_stored_tensors(source);
  EXPECT_EQ(file.container, Container::kTorchZip);
  ASSERT_EQ(file.tensors.size(), 1u);
  EXPECT_EQ(file.tensors.at("w").data<float>()[3], 4.0f);
  EXPECT_EQ(file.tensors.at("w").owner(), source.owner);
}

TEST(TorchFile, FollowsTheWrappingsOfTrainingCheckpoints) {
  const std::string inner = dict({{"w", four_floats()}});
  for (const std::string& pickle : {dict({{"epoch", "K\x03"}, {"state_dict", inner}}), dict({{"model", inner}}),
                                    dict({{"module", inner}}), dict({{"model", dict({{"state_dict", inner}})}}),
                                    dict({{"optimizer", dict({{"state", "}"}})}, {"model_state_dict", inner}})}) {
    const StoredTensors file = read_torch(torch_file(pickle, {kFourFloats}));
    EXPECT_TRUE(file.tensors.contains("w"));
    EXPECT_EQ(file.tensors.size(), 1u);
  }
}

TEST(TorchFile, JoinsTheNamesOfTorchScriptModules) {
  const auto module = [](const std::string& attributes) {
    return global("__torch__.M", "X") + ")\x81" + attributes + "b";
  };
  const std::string child = module(dict({{"weight", four_floats()}, {"training", "\x89"}}));
  const std::string pickle = module(dict({{"visual", module(dict({{"proj", child}}))},
                                          {"opaque", call(global("torch.jit._pickle", "build_intlist"), {"]"})},
                                          {"top", four_floats()}}));
  const StoredTensors file = read_torch(torch_file(pickle, {kFourFloats}));
  EXPECT_EQ(file.container, Container::kTorchScript);
  EXPECT_EQ(file.tensors.size(), 2u);
  EXPECT_TRUE(file.tensors.contains("visual.proj.weight"));
  EXPECT_TRUE(file.tensors.contains("top"));
  EXPECT_TRUE(file.unreadable.empty());
}

TEST(TorchFile, RefusesTorchScriptModulesWithoutEnd) {
  // A module that holds itself, and a chain in which every module holds the next one twice: 2^40 paths.
  const std::string module = global("__torch__.M", "X") + ")\x81";
  EXPECT_EQ(refuse_torch(torch_file(module + "q\x01" + "}" + text("self") + "h\x01" + "sb")).code,
            ErrorCode::kUnsupported);
  std::string chain = module + "}b";
  for (int i = 0; i < 40; ++i)
    chain = chain +
            "q\x01"
            "0" +
            module + "}(" + text("a") + "h\x01" + text("b") + "h\x01" + "ub";
  EXPECT_EQ(refuse_torch(torch_file(chain)).code, ErrorCode::kUnsupported);
}

TEST(TorchFile, DoesNotRunAForeignCallable) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "formats/foreign_callable.pt");
  const StoredTensors file = read_golden(path);
  ASSERT_EQ(file.tensors.size(), 1u);
  EXPECT_EQ(file.tensors.at("w").shape(), Shape{1});
  EXPECT_EQ(file.tensors.at("w").data<float>()[0], 1.0f);
}

TEST(TorchFile, ListsTensorsThatDependOnSomethingUnknown) {
  const StoredTensors file =
      read_torch(torch_file(dict({{"quantised", call(global("torch._utils", "_rebuild_qtensor"), {})},
                                  {"complex", tensor(storage("ComplexFloatStorage", "1", 1), 0, {1}, {1})},
                                  {"w", four_floats()}}),
                            {kFourFloats}));
  EXPECT_EQ(file.tensors.size(), 1u);
  EXPECT_EQ(file.unreadable.size(), 2u);
  EXPECT_NE(file.unreadable.at("quantised").find("torch._utils._rebuild_qtensor"), std::string::npos);
}

TEST(TorchFile, RefusesAWholePickledModelAndSaysWhatToDo) {
  const auto caught = refuse_torch(torch_file(global("clip.model", "CLIP") + ")\x81}b"));
  EXPECT_EQ(caught.code, ErrorCode::kUnsupported);
  EXPECT_NE(caught.message.find("\"clip.model.CLIP\""), std::string::npos) << caught.message;
  EXPECT_NE(caught.message.find("state_dict()"), std::string::npos);
}

TEST(TorchFile, RefusesAnExpandedTensorThatIsABomb) {
  const std::string bomb = tensor(storage("FloatStorage", "0", 4), 0, {1 << 20, 1 << 20}, {0, 0});
  EXPECT_EQ(refuse_torch(torch_file(dict({{"w", bomb}}), {kFourFloats})).code, ErrorCode::kUnsupported);
  // The same in many pieces, contiguous and not.
  std::vector<std::pair<std::string, std::string>> members;
  for (int i = 0; i < 100; ++i)
    members.emplace_back(std::to_string(i), tensor(storage("FloatStorage", "0", 4), 0, {1 << 20}, {0}));
  EXPECT_EQ(refuse_torch(torch_file(dict(members), {kFourFloats})).code, ErrorCode::kUnsupported);
  members.clear();
  for (int i = 0; i < 300; ++i)
    members.emplace_back(std::to_string(i), tensor(storage("ByteStorage", "0", 1 << 20), 0, {1 << 20}, {1}));
  EXPECT_EQ(refuse_torch(torch_file(dict(members), {std::string(1 << 20, 'x')})).code, ErrorCode::kUnsupported);
}

TEST(TorchFile, GathersViews) {
  const std::string of = storage("FloatStorage", "0", 4);
  const StoredTensors file = read_torch(torch_file(dict({{"transposed", tensor(of, 0, {2, 2}, {1, 2})},
                                                         {"column", tensor(of, 1, {2}, {2})},
                                                         {"expanded", tensor(of, 2, {3, 2}, {0, 1})},
                                                         {"row", tensor(of, 2, {1, 2}, {77, 1})}}),
                                                   {kFourFloats}));
  const auto values = [&](const char* name) {
    const auto span = file.tensors.at(name).span<float>();
    return std::vector<float>(span.begin(), span.end());
  };
  EXPECT_EQ(values("transposed"), (std::vector<float>{1, 3, 2, 4}));
  EXPECT_EQ(values("column"), (std::vector<float>{2, 4}));
  EXPECT_EQ(values("expanded"), (std::vector<float>{3, 4, 3, 4, 3, 4}));
  EXPECT_EQ(values("row"), (std::vector<float>{3, 4}));
}

TEST(TorchFile, RefusesStoragesThatAreMissingShortOrCompressed) {
  const std::string pickle = proto() + dict({{"w", four_floats()}}) + ".";
  EXPECT_EQ(refuse_torch(zip_file({{"a/data.pkl", pickle}})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_torch(zip_file({{"a/data.pkl", pickle}, {"a/data/0", kFourFloats.substr(1)}})).code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_torch(zip_file({{"a/data.pkl", pickle}, {"a/data/0", kFourFloats, 8}})).code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_torch(zip_file({{"a/data.pkl", pickle, 8}, {"a/data/0", kFourFloats}})).code,
            ErrorCode::kUnsupported);
  // Program text may be compressed: nobody reads it.
  EXPECT_NO_THROW(read_torch(zip_file({{"a/data.pkl", pickle}, {"a/data/0", kFourFloats}, {"a/code/m.py", "xx", 8}})));
}

TEST(TorchFile, RefusesBigEndianFiles) {
  const std::string pickle = proto() + dict({{"w", four_floats()}}) + ".";
  const auto with = [&](const std::string& order) {
    return zip_file({{"a/byteorder", order}, {"a/data.pkl", pickle}, {"a/data/0", kFourFloats}});
  };
  EXPECT_NO_THROW(read_torch(with("little")));
  EXPECT_EQ(refuse_torch(with("big")).message, "test: byte order is \"big\", expected little");
}

TEST(TorchFile, RefusesAZipThatIsNotPyTorchs) {
  EXPECT_EQ(refuse_torch(zip_file({{"word/document.xml", "x"}})).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_torch(zip_file({{"data.pkl", "N."}})).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_torch(torch_file("N")).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_torch(torch_file(four_floats(), {kFourFloats})).code, ErrorCode::kUnsupported);
}

TEST(TorchFile, RefusesATensorNameThatOccursTwiceOrIsNotUtf8) {
  EXPECT_EQ(refuse_torch(torch_file(dict({{"w", four_floats()}, {"w", four_floats()}}), {kFourFloats})).code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_torch(torch_file(dict({{"\xff", four_floats()}}), {kFourFloats})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_torch(torch_file(dict({{std::string(5000, 'n'), four_floats()}}), {kFourFloats})).code,
            ErrorCode::kCorrupt);
}

TEST(TorchFile, CopiesStoragesAtAnOddAddress) {
  std::string archive = torch_file(dict({{"w", four_floats()}}), {kFourFloats});
  // A heap block that begins one byte off: the archive's own alignment is then of no use.
  const ByteSource whole = memory_source("x" + archive);
  const ByteSource odd{whole.bytes.subspan(1), whole.owner, "test"};
  const StoredTensors file = read_stored_tensors(odd);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file.tensors.at("w").view().raw()) % sizeof(float), 0u);
  EXPECT_EQ(file.tensors.at("w").data<float>()[2], 3.0f);
}

// A file of the old stream format with one storage.
std::string stream_file(const std::string& object, const std::string& system, const std::string& keys,
                        const std::string& data) {
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  return proto() + magic + "." + proto() + "M\xe9\x03." + proto() + system + "." + proto() + object + "." + proto() +
         keys + "." + data;
}

TEST(TorchStream, RefusesWhatDoesNotFit) {
  const std::string object = dict({{"w", four_floats()}}), system = dict({{"little_endian", "\x88"}});
  const std::string keys = "]" + text("0") + "a", data = little_endian(int64_t{4}) + kFourFloats;
  EXPECT_EQ(read_torch(stream_file(object, system, keys, data)).tensors.at("w").data<float>()[1], 2.0f);
  EXPECT_EQ(refuse_torch(stream_file(object, dict({{"little_endian", "\x89"}}), keys, data)).code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_torch(stream_file(object, system, "]", data)).code, ErrorCode::kCorrupt) << "storage not listed";
  EXPECT_EQ(refuse_torch(stream_file(object, system, "]" + text("7") + "a", data)).code, ErrorCode::kCorrupt)
      << "no such storage";
  EXPECT_EQ(refuse_torch(stream_file(object, system, keys, little_endian(int64_t{5}) + kFourFloats)).code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_torch(stream_file(object, system, keys, data.substr(0, 20))).code, ErrorCode::kCorrupt);
  const std::string two_types =
      dict({{"a", four_floats()}, {"b", tensor(storage("HalfStorage", "0", 4), 0, {4}, {1})}});
  EXPECT_EQ(refuse_torch(stream_file(two_types, system, keys, data)).code, ErrorCode::kCorrupt);
  const std::string huge = dict({{"w", tensor(storage("FloatStorage", "0", INT64_MAX), 0, {4}, {1})}});
  EXPECT_EQ(refuse_torch(stream_file(huge, system, keys, little_endian(INT64_MAX) + kFourFloats)).code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_torch(proto() + "K\x01.").message, "test: a pickle, but not PyTorch's: its magic number is missing");
}

}  // namespace
}  // namespace clipkit
