#include "checkpoint/torch_file.h"

#include <functional>
#include <optional>

#include "base/check.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "checkpoint/byte_reader.h"
#include "checkpoint/pickle.h"
#include "checkpoint/strided.h"
#include "checkpoint/zip.h"

namespace clipkit {

namespace {

using Ref = PickleValue::Ref;
using Kind = PickleValue::Kind;

// Where a storage's bytes are in the file. Errors: kCorrupt.
using FindStorage = std::function<std::string_view(const PickledStorage& storage)>;

// Turns the values of a pickle into tensors.
class StateDictBuilder {
 public:
  StateDictBuilder(const Pickle& pickle, const ByteSource& source, FindStorage find_storage)
      : pickle_(pickle), source_(source), find_storage_(std::move(find_storage)) {
    // Views of one storage are legal and cost the file nothing, so that a small file could ask for any amount of
    // memory, here (expanded tensors) or wherever tensors are copied. Real state dicts take about as much as their
    // file.
    constexpr uint64_t kAlwaysAllowed = uint64_t{64} << 20;
    bytes_left_ = 2 * source.bytes.size() + kAlwaysAllowed;
  }

  StoredTensors build() {
    if (pickle_[pickle_.root].kind == Kind::kModule) {
      result_.container = Container::kTorchScript;
      add_modules(pickle_.root);
    } else {
      result_.container = Container::kTorchZip;
      add_state_dict(find_state_dict(pickle_.root));
    }
    return std::move(result_);
  }

 private:
  // Follows the wrappings of training checkpoints, {"state_dict": ...}, {"model": ...}, as deep as they go.
  Ref find_state_dict(Ref ref) const {
    constexpr int kMaxWrappings = 8;
    constexpr std::string_view kWrappings[] = {"state_dict", "model_state_dict", "model", "module"};
    for (int depth = 0; depth < kMaxWrappings; ++depth) {
      std::optional<Ref> inner;
      for (const std::string_view key : kWrappings) {
        if (!inner) inner = dict_in(ref, key);
      }
      if (!inner) break;
      ref = *inner;
    }
    if (const PickleValue& value = pickle_[ref]; value.kind != Kind::kDict) {
      const bool known = value.kind != Kind::kOpaque;
      fail(ErrorCode::kUnsupported, source_.place, ": holds ", known ? "a single value" : "an object of its own class",
           ", expected a dict of tensors as of torch.save(model.state_dict(), ...)", known ? "" : ": ",
           known ? "" : pickle_.reason(ref));
    }
    return ref;
  }

  // The dict under a key of a dict.
  std::optional<Ref> dict_in(Ref ref, std::string_view key) const {
    const PickleValue& dict = pickle_[ref];
    if (dict.kind != Kind::kDict) return std::nullopt;
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const PickleValue& found = pickle_[dict.items[i]];
      if (found.kind == Kind::kText && found.text == key && pickle_[dict.items[i + 1]].kind == Kind::kDict)
        return dict.items[i + 1];
    }
    return std::nullopt;
  }

  void add_state_dict(Ref ref) {
    const PickleValue& dict = pickle_[ref];
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const PickleValue& key = pickle_[dict.items[i]];
      if (key.kind != Kind::kText) continue;
      const Ref value = dict.items[i + 1];
      // Among tensors, what an unknown call made is a tensor of a kind that is not known.
      if (pickle_[value].kind == Kind::kOpaque) add_unreadable(key.text, value);
      add(key.text, value);
    }
  }

  // TorchScript's tree of modules. A module may be in it twice, so that hostile trees have more paths than values.
  void add_modules(Ref root) {
    constexpr size_t kMaxModules = 100'000, kMaxDepth = 64;
    struct Visit {
      Ref module;
      std::string prefix;
      size_t depth;
    };
    std::vector<Visit> pending{{root, "", 0}};
    size_t num_modules = 1;
    while (!pending.empty()) {
      const Visit visit = std::move(pending.back());
      pending.pop_back();
      const PickleValue& attributes = pickle_[pickle_[visit.module].target];
      for (size_t i = 0; i + 1 < attributes.items.size(); i += 2) {
        const PickleValue& key = pickle_[attributes.items[i]];
        const Ref value = attributes.items[i + 1];
        if (key.kind != Kind::kText) continue;
        const std::string name = concat(visit.prefix, key.text.substr(0, kMaxName + 1));
        if (pickle_[value].kind != Kind::kModule) {
          add(name, value);
        } else if (++num_modules > kMaxModules || visit.depth == kMaxDepth || name.size() > kMaxName) {
          fail(ErrorCode::kUnsupported, source_.place, ": module ", quote(name), " is one of more than ", kMaxModules,
               ", or nested deeper than ", kMaxDepth, ", or has too long a name");
        } else {
          pending.push_back({value, name + ".", visit.depth + 1});
        }
      }
    }
  }

  // Adds the value if it is a tensor; settings and counters among them are no part of a state dict.
  void add(std::string_view name, Ref ref) {
    const PickleValue& value = pickle_[ref];
    if (value.kind == Kind::kUnreadable) add_unreadable(name, ref);
    if (value.kind != Kind::kTensor) return;
    check_name(name);
    const PickledTensor& tensor = pickle_.tensors[value.index];
    const uint64_t bytes = static_cast<uint64_t>(tensor.shape.num_elements()) * size_bytes(tensor.storage.dtype);
    if (bytes > bytes_left_) {
      fail(ErrorCode::kUnsupported, source_.place, ": tensor ", quote(name), " of shape ", to_string(tensor.shape),
           " takes ", bytes, " bytes, ", bytes_left_, " are left for a file of ", source_.bytes.size(), " bytes");
    }
    bytes_left_ -= bytes;
    result_.tensors.emplace(name, strided_tensor(tensor, find_storage_(tensor.storage), source_.owner, source_.place));
  }

  void add_unreadable(std::string_view name, Ref ref) {
    check_name(name);
    result_.unreadable.emplace(name, pickle_.reason(ref));
  }

  void check_name(std::string_view name) const {
    if (name.size() > kMaxName || find_invalid_utf8(name) != std::string_view::npos) {
      fail(ErrorCode::kCorrupt, source_.place, ": tensor name ", quote(name), " is too long or not valid UTF-8");
    }
    if (result_.tensors.find(name) != result_.tensors.end() ||
        result_.unreadable.find(name) != result_.unreadable.end()) {
      fail(ErrorCode::kCorrupt, source_.place, ": tensor ", quote(name), " occurs twice");
    }
  }

  static constexpr size_t kMaxName = 1000;

  const Pickle& pickle_;
  const ByteSource& source_;
  FindStorage find_storage_;
  uint64_t bytes_left_;
  StoredTensors result_;
};

// "<root>/data.pkl" gives <root>, the folder that every entry is in.
std::string find_root(const ZipArchive& archive, std::string_view place) {
  constexpr std::string_view kPickle = "/data.pkl";
  for (const std::string_view name : archive.names()) {
    if (name.ends_with(kPickle) && name.find('/') == name.size() - kPickle.size()) {
      return std::string(name.substr(0, name.size() - kPickle.size()));
    }
  }
  fail(ErrorCode::kUnsupported, place, ": a zip archive without a data.pkl; expected one that PyTorch wrote");
}

}  // namespace

StoredTensors read_torch_zip(const ByteSource& source) {
  const ZipArchive archive(source);
  const std::string root = find_root(archive, source.place);
  if (const std::string order = root + "/byteorder"; archive.contains(order) && archive.bytes_of(order) != "little") {
    fail(ErrorCode::kUnsupported, source.place, ": byte order is ", quote(archive.bytes_of(order)),
         ", expected little");
  }
  const Pickle pickle = parse_pickle(archive.bytes_of(root + "/data.pkl"), source.place);
  const auto find_storage = [&](const PickledStorage& storage) {
    const std::string name = concat(root, "/data/", storage.key);
    if (!archive.contains(name))
      fail(ErrorCode::kCorrupt, source.place, ": storage ", quote(name), " is not in the archive");
    return archive.bytes_of(name);
  };
  return StateDictBuilder(pickle, source, find_storage).build();
}

// Five pickles (magic number, protocol, system, object, storage keys), then for each key its element count and
// elements.
StoredTensors read_torch_stream(const ByteSource& source) {
  constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  constexpr int64_t kProtocol = 1001;
  const std::string_view place = source.place;
  ByteReader reader(source.text(), place);
  const auto next_pickle = [&] {
    Pickle pickle = parse_pickle(reader.rest(), place);
    reader.take(pickle.bytes_used, "a pickle");
    return pickle;
  };
  if (const Pickle magic = next_pickle();
      magic[magic.root].kind != Kind::kBigInteger || magic[magic.root].text != kMagic) {
    fail(ErrorCode::kUnsupported, place, ": a pickle, but not PyTorch's: its magic number is missing");
  }
  if (const Pickle protocol = next_pickle(); protocol[protocol.root].integer != kProtocol) {
    fail(ErrorCode::kUnsupported, place, ": PyTorch stream of another protocol than ", kProtocol);
  }
  const Pickle system = next_pickle();
  const PickleValue& facts = system[system.root];
  for (size_t i = 0; i + 1 < facts.items.size(); i += 2) {
    if (system[facts.items[i]].text == "little_endian" && system[facts.items[i + 1]].integer != 1) {
      fail(ErrorCode::kUnsupported, place, ": byte order is big, expected little");
    }
  }
  const Pickle pickle = next_pickle();
  const Pickle keys = next_pickle();

  std::map<std::string_view, PickledStorage> storages;
  for (const PickledStorage& storage : pickle.storages) {
    const auto [found, inserted] = storages.emplace(storage.key, storage);
    if (!inserted && (found->second.dtype != storage.dtype || found->second.num_elements != storage.num_elements)) {
      fail(ErrorCode::kCorrupt, place, ": storage ", quote(storage.key), " has two types or lengths");
    }
  }
  std::map<std::string_view, std::string_view> bytes;
  for (const Ref ref : keys[keys.root].items) {
    const std::string_view key = keys[ref].text;
    const auto found = storages.find(key);
    if (found == storages.end())
      fail(ErrorCode::kCorrupt, place, ": no tensor uses storage ", quote(key), ", so its type is unknown");
    const auto count = reader.read<int64_t>("a storage's length");
    if (count != found->second.num_elements) {
      fail(ErrorCode::kCorrupt, place, ": storage ", quote(key), " has ", count, " elements, expected ",
           found->second.num_elements);
    }
    const size_t element = size_bytes(found->second.dtype);
    if (static_cast<uint64_t>(count) > reader.remaining() / element) {
      fail(ErrorCode::kCorrupt, place, ": storage ", quote(key), " of ", count,
           " elements reaches beyond the end of the file");
    }
    bytes[key] = reader.take(static_cast<uint64_t>(count) * element, "a storage");
  }
  const auto find_storage = [&](const PickledStorage& storage) {
    const auto found = bytes.find(storage.key);
    if (found == bytes.end()) fail(ErrorCode::kCorrupt, place, ": storage ", quote(storage.key), " is not in the file");
    return found->second;
  };
  StoredTensors result = StateDictBuilder(pickle, source, find_storage).build();
  result.container = Container::kTorchLegacy;
  return result;
}

}  // namespace clipkit
