#include "checkpoint/safetensors.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "checkpoint/byte_reader.h"
#include "checkpoint/mapped_tensor.h"
#include "checkpoint/safetensors_header.h"

namespace clipkit {

namespace {

struct ElementType {
  std::string_view name;
  unsigned bits;
  std::optional<DType> dtype;  // none: clipkit cannot represent it
};
constexpr ElementType kTypes[] = {
    {"F32", 32, DType::kFloat32},
    {"F16", 16, DType::kFloat16},
    {"BF16", 16, DType::kBFloat16},
    {"F64", 64, DType::kFloat64},
    {"I64", 64, DType::kInt64},
    {"I32", 32, DType::kInt32},
    {"I16", 16, DType::kInt16},
    {"I8", 8, DType::kInt8},
    {"U64", 64, DType::kUInt64},
    {"U32", 32, DType::kUInt32},
    {"U16", 16, DType::kUInt16},
    {"U8", 8, DType::kUInt8},
    {"BOOL", 8, DType::kBool},
    {"F8_E4M3", 8, {}},
    {"F8_E5M2", 8, {}},
    {"F8_E8M0", 8, {}},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"C64", 64, {}},
    {"F4", 4, {}},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
};

// The length of the header, which the first eight bytes give.
uint64_t header_length(const ByteSource& source) {
  ByteReader reader(source.text(), source.place);
  const auto length = reader.read<uint64_t>("the safetensors header length");
  if (length > kMaxSafetensorsHeaderBytes) {
    fail(ErrorCode::kCorrupt, source.place, ": safetensors header of ", length, " bytes, the limit is ",
         kMaxSafetensorsHeaderBytes);
  }
  if (length > reader.remaining()) {
    fail(ErrorCode::kCorrupt, source.place, ": safetensors header of ", length, " bytes, the file has ",
         reader.remaining(), " after the length");
  }
  return length;
}

// Bytes that elements of the type and shape take; nothing if that overflows or is no whole number of bytes.
std::optional<uint64_t> data_bytes(const SafetensorsEntry& entry, const ElementType& type) {
  uint64_t bits = type.bits;
  for (const uint64_t size : entry.shape) {
    if (__builtin_mul_overflow(bits, size, &bits)) return std::nullopt;
  }
  if (bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

// Collects the tensors of one file and then looks at how they lie.
class Reader {
 public:
  explicit Reader(const ByteSource& source) : source_(source) {
    const uint64_t length = header_length(source);
    const std::string_view header = source.text().substr(8, length);
    if (!header.starts_with('{'))
      fail(ErrorCode::kCorrupt, source.place, ": the safetensors header does not start with {");
    data_ = source.bytes.subspan(8 + length);
    result_.metadata = parse_safetensors_header(
        header, source.place,
        [this](std::string&& name, const SafetensorsEntry& entry) { add(std::move(name), entry); });
    check_layout();
  }

  Safetensors take() { return std::move(result_); }

 private:
  struct Extent {
    uint64_t begin, end;
  };

  void add(std::string&& name, const SafetensorsEntry& entry) {
    const auto* type =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.name == entry.dtype; });
    if (type == std::end(kTypes)) {
      fail(ErrorCode::kCorrupt, source_.place, ": tensor ", quote(name), " has the unknown dtype ", quote(entry.dtype));
    }
    const std::optional<uint64_t> bytes = data_bytes(entry, *type);
    if (!bytes)
      fail(ErrorCode::kCorrupt, source_.place, ": the shape of tensor ", quote(name), " overflows or splits a byte");
    if (entry.begin > entry.end || entry.end > data_.size()) {
      fail(ErrorCode::kCorrupt, source_.place, ": tensor ", quote(name), " lies at [", entry.begin, ", ", entry.end,
           "), the data have ", data_.size(), " bytes");
    }
    if (entry.end - entry.begin != *bytes) {
      fail(ErrorCode::kCorrupt, source_.place, ": tensor ", quote(name), " has ", entry.end - entry.begin,
           " bytes, expected ", *bytes, " from its shape and dtype ", entry.dtype);
    }
    if (result_.tensors.contains(name) || result_.unreadable.contains(name)) {
      fail(ErrorCode::kCorrupt, source_.place, ": tensor ", quote(name), " occurs twice");
    }
    extents_.push_back({entry.begin, entry.end});
    if (!type->dtype) {
      result_.unreadable.emplace(std::move(name), entry.dtype);
      return;
    }
    std::vector<int64_t> sizes(entry.shape.begin(), entry.shape.end());
    if (*bytes == 0 && std::any_of(sizes.begin(), sizes.end(), [](int64_t size) { return size < 0; })) {
      fail(ErrorCode::kCorrupt, source_.place, ": the shape of tensor ", quote(name), " overflows");
    }
    result_.tensors.emplace(std::move(name),
                            mapped_tensor(source_.owner, data_.data() + entry.begin, Shape(sizes), *type->dtype));
  }

  // The tensors must fill the buffer without holes or overlap.
  void check_layout() {
    std::sort(extents_.begin(), extents_.end(),
              [](const Extent& a, const Extent& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
    uint64_t position = 0;
    for (const Extent& extent : extents_) {
      if (extent.begin != position) {
        fail(ErrorCode::kCorrupt, source_.place, ": safetensors data have ",
             extent.begin > position ? "a hole" : "an overlap", " at byte ", std::min(extent.begin, position),
             " of the buffer");
      }
      position = extent.end;
    }
    if (position != data_.size()) {
      fail(ErrorCode::kCorrupt, source_.place, ": the tensors end at byte ", position, " of the buffer, which has ",
           data_.size());
    }
  }

  const ByteSource& source_;
  std::span<const std::byte> data_;
  std::vector<Extent> extents_;
  Safetensors result_;
};

std::string_view type_name(DType dtype) {
  for (const ElementType& type : kTypes) {
    if (type.dtype == dtype) return type.name;
  }
  fail(ErrorCode::kInvalidArgument, "safetensors has no name for ", to_string(dtype));
}

void check_text(const std::string& text, const std::string& place) {
  if (find_invalid_utf8(text) != std::string::npos) {
    fail(ErrorCode::kInvalidArgument, place, ": ", quote(text), " is not valid UTF-8, which safetensors asks for");
  }
}

}  // namespace

Safetensors read_safetensors(const ByteSource& source) {
  return Reader(source).take();
}

void write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string place = path.string();
  std::vector<StateDict::const_iterator> order;
  for (auto it = tensors.begin(); it != tensors.end(); ++it) order.push_back(it);
  std::stable_sort(order.begin(), order.end(),
                   [](auto a, auto b) { return size_bytes(a->second.dtype()) > size_bytes(b->second.dtype()); });
  std::map<std::string_view, uint64_t> begins;
  uint64_t position = 0;
  for (const auto& it : order) {
    begins[it->first] = position;
    position += it->second.view().bytes();
  }

  std::string header = "{";
  const auto add = [&](std::string_view name, const OrderedJson& value) {
    header += concat(header.size() > 1 ? "," : "", OrderedJson(name).dump(), ":", value.dump());
  };
  for (const auto& [name, text] : metadata) {
    check_text(name, place);
    check_text(text, place);
  }
  if (!metadata.empty()) add("__metadata__", OrderedJson(metadata));
  for (const auto& [name, tensor] : tensors) {
    check_text(name, place);
    if (name == "__metadata__")
      fail(ErrorCode::kInvalidArgument, place, ": a tensor cannot be called \"__metadata__\"");
    OrderedJson entry;
    entry["dtype"] = type_name(tensor.dtype());
    entry["shape"] = std::vector<int64_t>(tensor.shape().sizes().begin(), tensor.shape().sizes().end());
    entry["data_offsets"] = {begins[name], begins[name] + tensor.view().bytes()};
    add(name, entry);
  }
  header += '}';
  while ((8 + header.size()) % 64 != 0) header += ' ';
  if (header.size() > kMaxSafetensorsHeaderBytes) {
    fail(ErrorCode::kInvalidArgument, place, ": a safetensors header of ", header.size(), " bytes, the limit is ",
         kMaxSafetensorsHeaderBytes);
  }

  FileWriter writer(path);
  const uint64_t length = header.size();
  writer.write(&length, sizeof length);
  writer.write(header);
  for (const auto& it : order) writer.write(it->second.view().raw(), it->second.view().bytes());
  writer.commit();
}

}  // namespace clipkit
