// What the opcodes that call, construct and fill mean for the few names that a state dict needs (checkpoints.md
// section 2.1).
#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/pickle_machine.h"

namespace clipkit {

namespace {

struct StorageClass {
  std::string_view name;
  DType dtype;
};
constexpr StorageClass kStorageClasses[] = {
    {"FloatStorage", DType::kFloat32},  {"HalfStorage", DType::kFloat16}, {"BFloat16Storage", DType::kBFloat16},
    {"DoubleStorage", DType::kFloat64}, {"LongStorage", DType::kInt64},   {"IntStorage", DType::kInt32},
    {"ShortStorage", DType::kInt16},    {"CharStorage", DType::kInt8},    {"ByteStorage", DType::kUInt8},
    {"BoolStorage", DType::kBool},
};

std::optional<DType> storage_dtype(const PickleValue& global) {
  if (global.kind != PickleValue::Kind::kGlobal || global.module != "torch") return std::nullopt;
  for (const StorageClass& known : kStorageClasses) {
    if (known.name == global.text) return known.dtype;
  }
  return std::nullopt;
}

bool is(const PickleValue& value, std::string_view module, std::string_view name) {
  return value.kind == PickleValue::Kind::kGlobal && value.module == module && value.text == name;
}

}  // namespace

// A value that stands for something that was not run. about is what would have been run, or another such value.
PickleValue PickleMachine::opaque(Ref about) const {
  PickleValue value{Kind::kOpaque};
  value.target = at(about).kind == Kind::kOpaque ? at(about).target : about;
  value.text = at(about).kind == Kind::kOpaque ? at(about).text : std::string_view();
  return value;
}

void PickleMachine::append(std::vector<Ref> items) {
  PickleValue& list = pickle.values[top()];
  if (list.kind == Kind::kOpaque) return;
  if (list.kind != Kind::kList) corrupt("APPEND to something that is no list");
  list.items.insert(list.items.end(), items.begin(), items.end());
}

void PickleMachine::set_items(const std::vector<Ref>& keys_and_values) {
  PickleValue& dict = pickle.values[top()];
  if (dict.kind == Kind::kOpaque) return;
  if (dict.kind != Kind::kDict) corrupt("SETITEM on something that is no dict");
  if (keys_and_values.size() % 2 != 0) corrupt("SETITEMS with a key and no value");
  dict.items.insert(dict.items.end(), keys_and_values.begin(), keys_and_values.end());
}

void PickleMachine::call() {
  const Ref arguments_ref = pop(), callable_ref = pop();
  const PickleValue &arguments = at(arguments_ref), &callable = at(callable_ref);
  if (callable.kind != Kind::kGlobal && callable.kind != Kind::kOpaque)
    corrupt("REDUCE calls something that is no name");
  if (arguments.kind != Kind::kTuple) corrupt("REDUCE of ", quote(callable.text), " without a tuple of arguments");
  if (is(callable, "torch._utils", "_rebuild_tensor_v2")) return push(rebuilt_tensor(arguments, 6));
  if (is(callable, "torch._utils", "_rebuild_tensor")) return push(rebuilt_tensor(arguments, 4));
  if (is(callable, "torch._utils", "_rebuild_parameter")) {
    if (arguments.items.empty()) corrupt("_rebuild_parameter without arguments");
    return push(arguments.items[0]);
  }
  if (is(callable, "collections", "OrderedDict") && arguments.items.empty()) return push(PickleValue{Kind::kDict});
  push(opaque(callable_ref));
}

void PickleMachine::make_object() {
  const Ref arguments = pop(), type = pop();
  if (at(arguments).kind != Kind::kTuple) corrupt("NEWOBJ without a tuple of arguments");
  const PickleValue& global = at(type);
  if (global.kind != Kind::kGlobal && global.kind != Kind::kOpaque) corrupt("NEWOBJ of something that is no class");
  if (global.kind == Kind::kGlobal && global.module.starts_with("__torch__")) {
    const Ref module = add(PickleValue{Kind::kModule});
    pickle.values[module].target = module;
    return push(module);
  }
  push(opaque(type));
}

void PickleMachine::build() {
  const Ref state = pop();
  PickleValue& object = pickle.values[top()];
  switch (object.kind) {
    case Kind::kModule:
      if (at(state).kind == Kind::kDict) object.target = state;
      return;
    case Kind::kDict:  // an OrderedDict's attributes, {'_metadata': ...}
    case Kind::kTensor:
    case Kind::kUnreadable:
    case Kind::kOpaque:
      return;
    default:
      corrupt("BUILD of something that has no state");
  }
}

void PickleMachine::persistent() {
  const PickleValue& id = at(pop());
  const auto kind_at = [&](size_t i) { return at(id.items[i]).kind; };
  if (id.kind != Kind::kTuple || id.items.size() < 5 || kind_at(0) != Kind::kText ||
      at(id.items[0]).text != "storage" || kind_at(2) != Kind::kText || kind_at(4) != Kind::kInteger) {
    corrupt("a persistent id other than ('storage', class, key, location, count)");
  }
  const std::optional<DType> dtype = storage_dtype(at(id.items[1]));
  if (kind_at(1) != Kind::kGlobal && kind_at(1) != Kind::kOpaque) corrupt("a storage whose class is no class");
  if (!dtype) return push(opaque(id.items[1]));
  if (id.items.size() > 5 && kind_at(5) != Kind::kNone) {
    PickleValue view{Kind::kOpaque};
    view.text = "its storage is a view of another storage, as PyTorch before 0.4 made them";
    return push(std::move(view));
  }
  PickledStorage storage{*dtype, at(id.items[2]).text, at(id.items[4]).integer};
  if (storage.num_elements < 0) corrupt("storage ", quote(storage.key), " of ", storage.num_elements, " elements");
  PickleValue value{Kind::kStorage};
  value.index = pickle.storages.size();
  pickle.storages.push_back(storage);
  push(std::move(value));
}

int64_t PickleMachine::size_at(Ref ref, std::string_view what) const {
  if (at(ref).kind != Kind::kInteger || at(ref).integer < 0)
    corrupt("a tensor's ", what, " is no whole number of 0 or more");
  return at(ref).integer;
}

// (storage, offset, size, stride, ...)
PickleValue PickleMachine::rebuilt_tensor(const PickleValue& arguments, size_t least_arguments) {
  if (arguments.items.size() < least_arguments)
    corrupt("a tensor of ", arguments.items.size(), " arguments, expected ", least_arguments);
  PickleValue unreadable{Kind::kUnreadable};
  for (size_t i = 0; i < 4; ++i) {
    if (at(arguments.items[i]).kind != Kind::kOpaque) continue;
    unreadable.target = at(arguments.items[i]).target;
    unreadable.text = at(arguments.items[i]).text;
    return unreadable;
  }
  const PickleValue &storage = at(arguments.items[0]), &size = at(arguments.items[2]), &stride = at(arguments.items[3]);
  if (storage.kind != Kind::kStorage) corrupt("a tensor whose storage is none");
  if (size.kind != Kind::kTuple || stride.kind != Kind::kTuple || size.items.size() != stride.items.size()) {
    corrupt("a tensor whose size and stride are not two tuples of one length");
  }
  if (size.items.size() > Shape::kMaxRank) {
    unreadable.text = "it has more than 8 axes";
    return unreadable;
  }

  PickledTensor tensor;
  tensor.storage = pickle.storages[storage.index];
  tensor.offset = size_at(arguments.items[1], "offset");
  // The last element must lie in the storage: offset + sum of (size - 1) * stride.
  std::vector<int64_t> sizes;
  int64_t last = tensor.offset, num_elements = 1;
  bool overflow = false;
  for (size_t i = 0; i < size.items.size(); ++i) {
    const int64_t n = size_at(size.items[i], "size"), step = size_at(stride.items[i], "stride");
    sizes.push_back(n);
    tensor.strides.push_back(step);
    int64_t reach = 0;
    overflow |=
        __builtin_mul_overflow(std::max<int64_t>(n - 1, 0), step, &reach) || __builtin_add_overflow(last, reach, &last);
    overflow |= __builtin_mul_overflow(num_elements, n, &num_elements);
  }
  constexpr int64_t kMaxElements = int64_t{1} << 48;  // more than any file can hold, little enough for every product
  const bool any = std::find(sizes.begin(), sizes.end(), 0) == sizes.end();
  if (overflow || num_elements > kMaxElements || (any && last >= tensor.storage.num_elements)) {
    corrupt("a tensor reaches beyond the ", tensor.storage.num_elements, " elements of storage ",
            quote(tensor.storage.key));
  }
  tensor.shape = Shape(sizes);
  PickleValue value{Kind::kTensor};
  value.index = pickle.tensors.size();
  pickle.tensors.push_back(std::move(tensor));
  return value;
}

}  // namespace clipkit
