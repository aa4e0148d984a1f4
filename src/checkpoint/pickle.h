#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit {

// Values of a pickle (Python's pickletools, protocols 0 to 5) as PyTorch writes them. Nothing is ever called: the names
// that mean something to a state dict are a closed list, and a call of any other name gives a value of kind kOpaque.

struct PickledStorage {
  DType dtype{};
  std::string_view key;
  int64_t num_elements = 0;
};

// A view of a storage; offset and strides in elements, all inside the storage.
struct PickledTensor {
  PickledStorage storage;
  int64_t offset = 0;
  Shape shape;
  std::vector<int64_t> strides;
};

struct PickleValue {
  using Ref = uint32_t;  // index of a value in Pickle::values; values refer to each other freely, cycles included
  enum class Kind : uint8_t {
    kNone,
    kBool,        // integer
    kInteger,     // integer
    kBigInteger,  // text: two's complement, little-endian
    kReal,        // text: eight bytes, big-endian
    kText,        // text
    kBytes,       // text
    kTuple,       // items
    kList,        // items
    kSet,         // items
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // module and text: its name
    kStorage,     // index
    kTensor,      // index
    kModule,      // an object of a TorchScript class; target: the dict of its attributes, or itself without any
    kOpaque,      // what a call outside the closed list would give; target: the kGlobal behind it, or text: what it is
    kUnreadable,  // a tensor that depends on such a value, or has more axes than a Shape; target and text likewise
  };

  Kind kind = Kind::kNone;
  Ref target = 0;
  int64_t integer = 0;
  size_t index = 0;  // into Pickle::storages or Pickle::tensors
  std::string_view text{}, module{};
  std::vector<Ref> items{};
};

struct Pickle {
  std::vector<PickleValue> values;
  std::vector<PickledStorage> storages;  // every reference to one, so a key may occur many times
  std::vector<PickledTensor> tensors;
  PickleValue::Ref root = 0;
  size_t bytes_used = 0;  // up to and with the STOP opcode

  const PickleValue& operator[](PickleValue::Ref ref) const { return values[ref]; }
  // Why a value of kind kOpaque or kUnreadable is not what it could be, for messages: "it depends on ...".
  std::string reason(PickleValue::Ref ref) const;
};

// Parses one pickle; text and bytes in the result point into it. Time and memory grow with its length, and both that
// and the number of values are limited; nothing recurses. Errors: kCorrupt; kUnsupported for an opcode outside the
// list, naming it, and for what is over a limit.
Pickle parse_pickle(std::string_view bytes, std::string_view place);

}  // namespace clipkit
