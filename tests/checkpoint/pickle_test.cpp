#include "checkpoint/pickle.h"

#include "base/concat.h"
#include "checkpoint/pickle_machine.h"
#include "checkpoint/pickle_writer.h"
#include "checkpoint/testing.h"

namespace clipkit {
namespace {

using Kind = PickleValue::Kind;
using namespace testing;  // NOLINT: the pickle's opcodes by name

testing::Caught refuse_pickle(const std::string& pickle) {
  const ByteSource source = memory_source(pickle);
  return error_of([&] { parse_pickle(source.text(), "test"); });
}
PickleValue root_of(const std::string& pickle) {
  const ByteSource source = memory_source(pickle + ".");
  const Pickle parsed = parse_pickle(source.text(), "test");
  EXPECT_EQ(parsed.bytes_used, pickle.size() + 1);
  PickleValue root = parsed[parsed.root];
  root.text = root.module = {};  // they point into the source
  return root;
}

TEST(Pickle, ReadsNumbers) {
  EXPECT_EQ(root_of("K\xff").integer, 255);
  EXPECT_EQ(root_of("M\x34\x12").integer, 0x1234);
  EXPECT_EQ(root_of("J\xfb\xff\xff\xff").integer, -5);
  EXPECT_EQ(root_of(std::string("\x8a\x00", 2)).integer, 0);
  EXPECT_EQ(root_of("\x8a\x01\xff").integer, -1);
  EXPECT_EQ(root_of(std::string("\x8a\x02\xff\x00", 4)).integer, 255);
  EXPECT_EQ(root_of(std::string("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80", 10)).integer, INT64_MIN);
  EXPECT_EQ(root_of(std::string("\x8b\x03\x00\x00\x00\x01\x02\x03", 8)).integer, 0x030201);
  EXPECT_EQ(root_of("\x8a\x09"
                    "123456789")
                .kind,
            Kind::kBigInteger);
  EXPECT_EQ(root_of("\x88").integer, 1);
  EXPECT_EQ(root_of("\x89").kind, Kind::kBool);
  EXPECT_EQ(root_of("N").kind, Kind::kNone);
  EXPECT_EQ(root_of("G12345678").kind, Kind::kReal);
}

TEST(Pickle, ReadsTextsBytesAndContainers) {
  const std::string file =
      "\x8c\x03"
      "abc"
      "C\x02"
      "de" +
      text("f") + std::string("\x8d\x01\0\0\0\0\0\0\0g", 10) + "\x87.";
  // TUPLE3 takes the last three; the first text stays below, as in Python.
  const Pickle pickle = parse_pickle(file, "test");
  const PickleValue& tuple = pickle[pickle.root];
  ASSERT_EQ(tuple.items.size(), 3u);
  EXPECT_EQ(pickle[tuple.items[0]].text, "de");
  EXPECT_EQ(pickle[tuple.items[0]].kind, Kind::kBytes);
  EXPECT_EQ(pickle[tuple.items[1]].text, "f");
  EXPECT_EQ(pickle[tuple.items[2]].text, "g");
  EXPECT_EQ(root_of("](K\x01K\x02"
                    "eK\x03"
                    "a")
                .items.size(),
            3u);
  EXPECT_EQ(root_of(dict({{"a", "K\x01"}, {"b", "N"}})).items.size(), 4u);
  EXPECT_EQ(root_of("\x8f").kind, Kind::kSet);
  EXPECT_EQ(root_of("K\x01"
                    "2\x86")
                .items.size(),
            2u);
}

TEST(Pickle, RemembersValuesInItsMemo) {
  EXPECT_EQ(root_of("K\x07"
                    "q\x05"
                    "0h\x05")
                .integer,
            7);
  EXPECT_EQ(root_of(std::string("K\x07"
                                "r\x00\x01\x00\x00"
                                "0j\x00\x01\x00\x00",
                                13))
                .integer,
            7);
  EXPECT_EQ(root_of(std::string("K\x07\x94"
                                "0h\x00",
                                6))
                .integer,
            7);
  EXPECT_EQ(refuse_pickle("h\x01.").message, "test: pickle: memo entry 1 is read before it is written");
  EXPECT_EQ(refuse_pickle(std::string("K\x01r\xff\xff\xff\xff.", 8)).code, ErrorCode::kUnsupported);
}

TEST(Pickle, PopTakesAMarkLikeAValue) {
  EXPECT_EQ(root_of("K\x01(0").integer, 1);
  EXPECT_EQ(root_of("K\x01(K\x02"
                    "1")
                .integer,
            1);
}

TEST(Pickle, RefusesAnEmptyStackOrMissingMark) {
  for (const std::string opcode : {".", "0", "1", "2", "t", "\x85", "\x86", "\x87", "u", "s", "e", "a", "R", "\x81",
                                   "b", "Q", "q1", "\x94", "\x93"}) {
    EXPECT_EQ(refuse_pickle(opcode + ".").code, ErrorCode::kCorrupt) << opcode;
    // What lies below a mark is out of reach for opcodes that do not ask for one.
    const bool takes_mark = opcode == "0" || opcode == "1" || opcode == "t";
    if (takes_mark) continue;
    EXPECT_EQ(refuse_pickle("K\x01(" + opcode + ".").code, ErrorCode::kCorrupt) << opcode;
  }
}

TEST(Pickle, RefusesOpcodesOutsideTheListByName) {
  for (const auto& [opcode, name] : {std::pair{"i", "INST"}, std::pair{"o", "OBJ"}, std::pair{"\x82", "EXT1"},
                                     std::pair{"\x92", "NEWOBJ_EX"}, std::pair{"I", "INT"}, std::pair{"P", "PERSID"}}) {
    const auto caught = refuse_pickle(concat("N", opcode, "xx"));
    EXPECT_EQ(caught.code, ErrorCode::kUnsupported);
    EXPECT_EQ(caught.message, concat("test: pickle: the opcode ", name, " at byte 1, which PyTorch does not write"));
  }
  EXPECT_EQ(refuse_pickle("\xff").code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle("\x80\x06.").code, ErrorCode::kUnsupported);
}

TEST(Pickle, NeverRunsWhatItDoesNotKnow) {
  const std::string system = call(global("posix", "system"), {text("touch /tmp/clipkit_was_here")});
  EXPECT_EQ(root_of(system).kind, Kind::kOpaque);
  EXPECT_EQ(root_of(global("os", "system") + ")\x81").kind, Kind::kOpaque);
  EXPECT_EQ(root_of(system + "}b").kind, Kind::kOpaque);                     // BUILD
  EXPECT_EQ(root_of(system + text("k") + "Ns").kind, Kind::kOpaque);         // SETITEM
  EXPECT_EQ(root_of(system + "Na").kind, Kind::kOpaque);                     // APPEND
  EXPECT_EQ(root_of(call(system, {})).kind, Kind::kOpaque);                  // a call of what a call gave
  EXPECT_EQ(root_of("\x8c\x02os\x8c\x06system\x93)R").kind, Kind::kOpaque);  // STACK_GLOBAL
  const std::string file = call(global("numpy", "array"), {}) + ".";
  const Pickle pickle = parse_pickle(file, "test");
  EXPECT_EQ(pickle.reason(pickle.root), "it depends on \"numpy.array\", which is not known here and never run");
}

TEST(Pickle, ATensorOfSomethingUnknownIsUnreadable) {
  const std::string file = tensor(storage("ComplexFloatStorage", "0", 4), 0, {4}, {1}) + ".";
  const Pickle pickle = parse_pickle(file, "test");
  EXPECT_EQ(pickle[pickle.root].kind, Kind::kUnreadable);
  EXPECT_EQ(pickle.reason(pickle.root),
            "it depends on \"torch.ComplexFloatStorage\", which is not known here and never run");
  EXPECT_EQ(root_of(tensor(call(global("evil", "storage"), {}), 0, {4}, {1})).kind, Kind::kUnreadable);
  EXPECT_EQ(
      root_of(tensor(storage("FloatStorage", "0", 4), 0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}))
          .kind,
      Kind::kUnreadable);
}

TEST(Pickle, ReadsTensorsAndParameters) {
  const std::string plain = tensor(storage("HalfStorage", "12", 24), 2, {4, 5}, {5, 1});
  for (const std::string& file :
       {plain + ".", call(global("torch._utils", "_rebuild_parameter"), {plain, "\x88", "N"}) + "."}) {
    const Pickle pickle = parse_pickle(file, "test");
    ASSERT_EQ(pickle[pickle.root].kind, Kind::kTensor);
    const PickledTensor& found = pickle.tensors[pickle[pickle.root].index];
    EXPECT_EQ(found.storage.dtype, DType::kFloat16);
    EXPECT_EQ(found.storage.key, "12");
    EXPECT_EQ(found.offset, 2);
    EXPECT_EQ(found.shape, (Shape{4, 5}));
    EXPECT_EQ(found.strides, (std::vector<int64_t>{5, 1}));
  }
}

TEST(Pickle, RefusesTensorsThatReachBeyondTheirStorage) {
  const auto of = [](int64_t offset, const std::vector<int64_t>& size, const std::vector<int64_t>& stride) {
    return tensor(storage("FloatStorage", "0", 10), offset, size, stride) + ".";
  };
  EXPECT_NO_THROW(parse_pickle(of(0, {10}, {1}), "test"));
  EXPECT_NO_THROW(parse_pickle(of(9, {}, {}), "test"));
  EXPECT_NO_THROW(parse_pickle(of(0, {1000}, {0}), "test"));
  EXPECT_NO_THROW(parse_pickle(of(10, {0, 7}, {7, 1}), "test"));
  EXPECT_EQ(refuse_pickle(of(1, {10}, {1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(10, {}, {})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(0, {2, 5}, {6, 1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(-1, {1}, {1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(9, {2}, {-1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(0, {-1}, {1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(0, {3}, {INT64_MAX})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(INT64_MAX, {2}, {1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(0, {INT64_MAX, INT64_MAX}, {0, 0})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_pickle(of(0, {1, 2}, {1})).code, ErrorCode::kCorrupt);
}

TEST(Pickle, RefusesStoragesOfAnotherForm) {
  for (const std::string& id :
       {tuple({}), text("storage"), tuple({text("other"), "N", text("0"), text("cpu"), integer(1)}),
        tuple({text("storage"), "N", text("0"), text("cpu"), integer(1)}),
        tuple({text("storage"), global("torch", "FloatStorage"), "N", text("cpu"), integer(1)}),
        tuple({text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), "N"}),
        tuple({text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), integer(-1)})}) {
    EXPECT_EQ(refuse_pickle(id + "Q.").code, ErrorCode::kCorrupt);
  }
}

TEST(Pickle, KeepsTorchScriptModulesAsTheirAttributes) {
  const std::string file = global("__torch__.clip.model", "CLIP") + ")\x81" + dict({{"training", "\x89"}}) + "b.";
  const Pickle pickle = parse_pickle(file, "test");
  ASSERT_EQ(pickle[pickle.root].kind, Kind::kModule);
  EXPECT_EQ(pickle[pickle[pickle.root].target].items.size(), 2u);
}

TEST(Pickle, LimitsWhatItKeeps) {
  // One value takes much more than the byte that makes it.
  EXPECT_EQ(refuse_pickle(std::string(PickleMachine::kMaxValues + 10, ']')).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_pickle("N" + std::string(PickleMachine::kMaxValues + 10, '2')).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refuse_pickle("N" + std::string(PickleMachine::kMaxValues + 10, '\x94')).code, ErrorCode::kUnsupported);
}

TEST(Pickle, SurvivesDeepNestingAndCycles) {
  std::string deep = "]";
  for (int i = 0; i < 300'000; ++i) deep += "\x85";
  EXPECT_EQ(root_of(deep).kind, Kind::kTuple);
  EXPECT_EQ(root_of("]q\x01h\x01"
                    "a")
                .kind,
            Kind::kList);
}

}  // namespace
}  // namespace clipkit
