#include "checkpoint/pickle.h"

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/byte_reader.h"
#include "checkpoint/pickle_machine.h"

namespace clipkit {

namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaxPickleBytes = size_t{64} << 20;

// Opcodes that are known and refused, for the message.
struct OpcodeName {
  char code;
  std::string_view name;
};
constexpr OpcodeName kRefused[] = {
    {'i', "INST"},
    {'o', "OBJ"},
    {'P', "PERSID"},
    {'\x82', "EXT1"},
    {'\x83', "EXT2"},
    {'\x84', "EXT4"},
    {'\x92', "NEWOBJ_EX"},
    {'\x90', "ADDITEMS"},
    {'\x91', "FROZENSET"},
    {'\x8e', "BINBYTES8"},
    {'\x96', "BYTEARRAY8"},
    {'\x97', "NEXT_BUFFER"},
    {'I', "INT"},
    {'L', "LONG"},
    {'F', "FLOAT"},
    {'S', "STRING"},
    {'V', "UNICODE"},
    {'T', "BINSTRING"},
    {'U', "SHORT_BINSTRING"},
    {'p', "PUT"},
    {'g', "GET"},
    {'d', "DICT"},
    {'l', "LIST"},
    {'\x98', "READONLY_BUFFER"},
};

PickleValue text_value(Kind kind, std::string_view text) {
  PickleValue value{kind};
  value.text = text;
  return value;
}
PickleValue integer_value(Kind kind, int64_t integer) {
  PickleValue value{kind};
  value.integer = integer;
  return value;
}
PickleValue items_value(Kind kind, std::vector<PickleValue::Ref> items) {
  PickleValue value{kind};
  value.items = std::move(items);
  return value;
}

// Little-endian two's complement of any length, as LONG1 and LONG4 have it.
PickleValue long_value(std::string_view bytes) {
  if (bytes.size() > 8) return text_value(Kind::kBigInteger, bytes);
  uint64_t bits = 0;
  for (size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | static_cast<uint8_t>(bytes[i]);
  if (!bytes.empty() && bytes.size() < 8 && (bytes.back() & 0x80) != 0) bits |= ~uint64_t{0} << 8 * bytes.size();
  return integer_value(Kind::kInteger, static_cast<int64_t>(bits));
}

// The text up to the next line end.
std::string_view take_line(ByteReader& reader, const PickleMachine& machine) {
  constexpr size_t kMaxLine = 1000;
  const size_t length = reader.rest().substr(0, kMaxLine).find('\n');
  if (length == std::string_view::npos) machine.corrupt("a GLOBAL without its line end at byte ", reader.position());
  return reader.take(length + 1, "a name").substr(0, length);
}

PickleValue global_value(std::string_view module, std::string_view name) {
  PickleValue value{Kind::kGlobal};
  value.module = module;
  value.text = name;
  return value;
}

// The items above the mark, as a tuple; TUPLE1 to TUPLE3 take the last count values.
std::vector<PickleValue::Ref> pop_last(PickleMachine& machine, size_t count) {
  std::vector<PickleValue::Ref> items(count);
  for (size_t i = count; i-- > 0;) items[i] = machine.pop();
  return items;
}

// Runs one opcode; false after STOP.
bool step(PickleMachine& m, ByteReader& reader) {
  const size_t position = reader.position();
  const char opcode = reader.take(1, "an opcode").front();
  switch (opcode) {
    case '\x80':  // PROTO
      if (const auto protocol = reader.read<uint8_t>("the protocol"); protocol > 5) {
        fail(ErrorCode::kUnsupported, reader.place(), ": pickle: protocol ", protocol, ", at most 5 is known");
      }
      return true;
    case '\x95':
      reader.take(8, "FRAME");
      return true;
    case '.':
      return false;  // STOP
    case '(':
      m.mark();
      return true;
    case '}':
      m.push(items_value(Kind::kDict, {}));
      return true;
    case ']':
      m.push(items_value(Kind::kList, {}));
      return true;
    case ')':
      m.push(items_value(Kind::kTuple, {}));
      return true;
    case '\x8f':
      m.push(items_value(Kind::kSet, {}));
      return true;
    case 'N':
      m.push(PickleValue{});
      return true;
    case '\x88':
      m.push(integer_value(Kind::kBool, 1));
      return true;
    case '\x89':
      m.push(integer_value(Kind::kBool, 0));
      return true;
    case 'K':
      m.push(integer_value(Kind::kInteger, reader.read<uint8_t>("BININT1")));
      return true;
    case 'M':
      m.push(integer_value(Kind::kInteger, reader.read<uint16_t>("BININT2")));
      return true;
    case 'J':
      m.push(integer_value(Kind::kInteger, reader.read<int32_t>("BININT")));
      return true;
    case '\x8a':
      m.push(long_value(reader.take(reader.read<uint8_t>("LONG1"), "LONG1")));
      return true;
    case '\x8b':
      m.push(long_value(reader.take(reader.read<uint32_t>("LONG4"), "LONG4")));
      return true;
    case 'G':
      m.push(text_value(Kind::kReal, reader.take(8, "BINFLOAT")));
      return true;
    case 'X':
      m.push(text_value(Kind::kText, reader.take(reader.read<uint32_t>("BINUNICODE"), "BINUNICODE")));
      return true;
    case '\x8c':
      m.push(text_value(Kind::kText, reader.take(reader.read<uint8_t>("SHORT_BINUNICODE"), "SHORT_BINUNICODE")));
      return true;
    case '\x8d':
      m.push(text_value(Kind::kText, reader.take(reader.read<uint64_t>("BINUNICODE8"), "BINUNICODE8")));
      return true;
    case 'B':
      m.push(text_value(Kind::kBytes, reader.take(reader.read<uint32_t>("BINBYTES"), "BINBYTES")));
      return true;
    case 'C':
      m.push(text_value(Kind::kBytes, reader.take(reader.read<uint8_t>("SHORT_BINBYTES"), "SHORT_BINBYTES")));
      return true;
    case 'q':
      m.memoize(reader.read<uint8_t>("BINPUT"));
      return true;
    case 'r':
      m.memoize(reader.read<uint32_t>("LONG_BINPUT"));
      return true;
    case '\x94':
      m.memoize();
      return true;
    case 'h':
      m.push_memo(reader.read<uint8_t>("BINGET"));
      return true;
    case 'j':
      m.push_memo(reader.read<uint32_t>("LONG_BINGET"));
      return true;
    case 't':
      m.push(items_value(Kind::kTuple, m.pop_to_mark()));
      return true;
    case '\x85':
      m.push(items_value(Kind::kTuple, pop_last(m, 1)));
      return true;
    case '\x86':
      m.push(items_value(Kind::kTuple, pop_last(m, 2)));
      return true;
    case '\x87':
      m.push(items_value(Kind::kTuple, pop_last(m, 3)));
      return true;
    case 's':
      m.set_items(pop_last(m, 2));
      return true;
    case 'u':
      m.set_items(m.pop_to_mark());
      return true;
    case 'a':
      m.append(pop_last(m, 1));
      return true;
    case 'e':
      m.append(m.pop_to_mark());
      return true;
    case 'c': {  // GLOBAL
      const std::string_view module = take_line(reader, m);
      const std::string_view name = take_line(reader, m);
      m.push(global_value(module, name));
      return true;
    }
    case '\x93': {  // STACK_GLOBAL
      const auto names = pop_last(m, 2);
      const PickleValue &module = m.at(names[0]), &name = m.at(names[1]);
      if (module.kind != Kind::kText || name.kind != Kind::kText)
        m.corrupt("STACK_GLOBAL of something other than two texts");
      m.push(global_value(module.text, name.text));
      return true;
    }
    case 'R':
      m.call();
      return true;
    case '\x81':
      m.make_object();
      return true;
    case 'b':
      m.build();
      return true;
    case 'Q':
      m.persistent();
      return true;
    case '0':
      m.discard();
      return true;
    case '1':
      m.pop_to_mark();
      return true;
    case '2':
      m.push(m.top());
      return true;
    default:
      break;
  }
  for (const OpcodeName& refused : kRefused) {
    if (refused.code == opcode) {
      fail(ErrorCode::kUnsupported, reader.place(), ": pickle: the opcode ", refused.name, " at byte ", position,
           ", which PyTorch does not write");
    }
  }
  m.corrupt("byte ", position, " (", static_cast<unsigned char>(opcode), ") is no opcode");
}

}  // namespace

std::string Pickle::reason(PickleValue::Ref ref) const {
  const PickleValue& value = values[ref];
  if (!value.text.empty()) return std::string(value.text);
  const PickleValue& global = values[value.target];
  return concat("it depends on ", quote(concat(global.module, ".", global.text)),
                ", which is not known here and never run");
}

Pickle parse_pickle(std::string_view bytes, std::string_view place) {
  PickleMachine machine(place);
  ByteReader reader(bytes.substr(0, kMaxPickleBytes), place);  // what follows a pickle may be the whole rest of a file
  while (step(machine, reader)) {
  }
  machine.pickle.root = machine.pop();
  machine.pickle.bytes_used = reader.position();
  return std::move(machine.pickle);
}

}  // namespace clipkit
