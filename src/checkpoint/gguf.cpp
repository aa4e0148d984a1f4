#include "checkpoint/gguf.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "checkpoint/byte_reader.h"
#include "checkpoint/gguf_blocks.h"
#include "checkpoint/mapped_tensor.h"

namespace clipkit {

namespace {

// Limits that no CLIP model comes near; they keep a hostile file from asking for more memory than its own size
// justifies.
constexpr uint64_t kMaxMetadata = 100'000, kMaxTensors = 100'000, kMaxArrayElements = uint64_t{1} << 20;
constexpr uint64_t kMaxString = uint64_t{16} << 20, kMaxName = 1000;

class GgufReader {
 public:
  explicit GgufReader(const ByteSource& source) : source_(source), reader_(source.text(), source.place) {}

  StoredTensors read() {
    result_.container = Container::kGguf;
    reader_.take(4, "the magic number");
    const auto version = reader_.read<uint32_t>("the version");
    if (version != 2 && version != 3) unsupported("GGUF version ", version, ", expected 2 or 3");
    const auto num_tensors = reader_.read<uint64_t>("the number of tensors");
    const auto num_metadata = reader_.read<uint64_t>("the number of metadata");
    if (num_tensors > kMaxTensors || num_metadata > kMaxMetadata) {
      unsupported(num_tensors, " tensors and ", num_metadata, " metadata, the limits are ", kMaxTensors, " and ",
                  kMaxMetadata);
    }
    read_metadata(num_metadata);
    std::vector<Info> infos;
    for (uint64_t i = 0; i < num_tensors; ++i) infos.push_back(read_info());
    const uint64_t alignment = data_alignment();
    const uint64_t data = (reader_.position() + alignment - 1) / alignment * alignment;
    check_layout(infos, data, alignment);
    for (const Info& info : infos) add_tensor(info, data);
    return std::move(result_);
  }

 private:
  struct Info {
    std::string name;
    Shape shape;  // outermost axis first
    uint32_t type = 0;
    uint64_t offset = 0;  // bytes, from the start of the data
  };

  template <class... Args>
  [[noreturn]] void corrupt(const Args&... args) const {
    fail(ErrorCode::kCorrupt, source_.place, ": GGUF: ", args...);
  }
  template <class... Args>
  [[noreturn]] void unsupported(const Args&... args) const {
    fail(ErrorCode::kUnsupported, source_.place, ": GGUF: ", args...);
  }

  std::string_view read_string(std::string_view what) {
    const auto length = reader_.read<uint64_t>(what);
    if (length > kMaxString) unsupported(what, " of ", length, " bytes, the limit is ", kMaxString);
    return reader_.take(length, what);
  }

  void read_metadata(uint64_t count) {
    result_.gguf_metadata = Json::object();
    for (uint64_t i = 0; i < count; ++i) {
      const std::string_view key = read_string("a metadata key");
      if (key.size() > kMaxName || find_invalid_utf8(key) != std::string_view::npos) {
        corrupt("the metadata key ", quote(key), " is too long or not valid UTF-8");
      }
      Json value = read_value(reader_.read<uint32_t>("a metadata type"), key, false);
      if (!result_.gguf_metadata.emplace(key, std::move(value)).second)
        corrupt("the metadata key ", quote(key), " occurs twice");
    }
  }

  Json read_value(uint32_t type, std::string_view key, bool in_array) {
    switch (type) {
      case 0:
        return reader_.read<uint8_t>("a value");
      case 1:
        return reader_.read<int8_t>("a value");
      case 2:
        return reader_.read<uint16_t>("a value");
      case 3:
        return reader_.read<int16_t>("a value");
      case 4:
        return reader_.read<uint32_t>("a value");
      case 5:
        return reader_.read<int32_t>("a value");
      case 6:
        return reader_.read<float>("a value");
      case 7:
        return reader_.read<uint8_t>("a value") != 0;
      case 8:
        return replace_invalid_utf8(read_string("a text"));  // tokens may be parts of characters
      case 9:
        if (in_array) unsupported("metadata ", quote(key), " is an array of arrays");
        return read_array(key);
      case 10:
        return reader_.read<uint64_t>("a value");
      case 11:
        return reader_.read<int64_t>("a value");
      case 12:
        return reader_.read<double>("a value");
      default:
        corrupt("metadata ", quote(key), " has the unknown type ", type);
    }
  }

  Json read_array(std::string_view key) {
    const auto type = reader_.read<uint32_t>("an array's type");
    const auto count = reader_.read<uint64_t>("an array's length");
    num_elements_ += std::min(count, kMaxArrayElements + 1);
    if (num_elements_ > kMaxArrayElements) {
      unsupported("metadata ", quote(key), " has ", count, " elements, the limit for all arrays is ",
                  kMaxArrayElements);
    }
    Json array = Json::array();
    for (uint64_t i = 0; i < count; ++i) array.push_back(read_value(type, key, true));
    return array;
  }

  uint64_t data_alignment() const {
    constexpr uint64_t kDefault = 32, kMost = 1 << 16;
    const auto found = result_.gguf_metadata.find("general.alignment");
    if (found == result_.gguf_metadata.end()) return kDefault;
    const uint64_t alignment = found->is_number_unsigned() ? found->get<uint64_t>() : 0;
    if (alignment == 0 || alignment > kMost || (alignment & (alignment - 1)) != 0) {
      corrupt("general.alignment is ", found->dump(), ", expected a power of two up to ", kMost);
    }
    return alignment;
  }

  Info read_info() {
    Info info;
    const std::string_view name = read_string("a tensor's name");
    if (name.size() > kMaxName || find_invalid_utf8(name) != std::string_view::npos) {
      corrupt("the tensor name ", quote(name), " is too long or not valid UTF-8");
    }
    info.name = name;
    const auto rank = reader_.read<uint32_t>("a tensor's rank");
    if (rank > Shape::kMaxRank)
      unsupported("tensor ", quote(name), " has ", rank, " axes, at most ", Shape::kMaxRank, " are known");
    std::vector<int64_t> sizes;
    uint64_t product = 1;
    for (uint32_t i = 0; i < rank; ++i) {
      const auto size = reader_.read<uint64_t>("a tensor's size");
      if (size > source_.bytes.size() * 8 || __builtin_mul_overflow(product, size, &product) || product >> 48 != 0) {
        corrupt("tensor ", quote(name), " has an axis of ", size, ", more than the file can hold");
      }
      sizes.push_back(static_cast<int64_t>(size));
    }
    std::reverse(sizes.begin(), sizes.end());  // stored fastest-varying first
    info.shape = Shape(sizes);
    info.type = reader_.read<uint32_t>("a tensor's type");
    info.offset = reader_.read<uint64_t>("a tensor's place");
    return info;
  }

  static bool is_float(GgmlType type) { return type == GgmlType::kF32 || type == GgmlType::kF16; }
  static DType dtype_of(GgmlType type) { return type == GgmlType::kF16 ? DType::kFloat16 : DType::kFloat32; }

  // Bytes that the tensor takes in the file; 0 if its type is not known.
  uint64_t stored_bytes(const Info& info) const {
    const auto type = static_cast<GgmlType>(info.type);
    const auto values = static_cast<uint64_t>(info.shape.num_elements());
    if (is_float(type)) return values * size_bytes(dtype_of(type));
    const int block_bytes = ggml_block_bytes(type);
    const int rank = info.shape.rank();
    if (block_bytes > 0 && (rank == 0 || info.shape[rank - 1] % kGgmlBlockValues != 0)) {
      corrupt("tensor ", quote(info.name), " of shape ", to_string(info.shape), " does not divide into blocks of ",
              kGgmlBlockValues);
    }
    return values / kGgmlBlockValues * static_cast<uint64_t>(block_bytes);
  }

  // Every tensor must lie in the data, on a multiple of the alignment, and none over another: else a small file could
  // ask for any amount of memory where tensors are unpacked or copied.
  void check_layout(const std::vector<Info>& infos, uint64_t data, uint64_t alignment) const {
    const uint64_t size = source_.bytes.size();
    std::vector<std::pair<uint64_t, uint64_t>> extents;
    for (const Info& info : infos) {
      const uint64_t bytes = stored_bytes(info);
      if (info.offset % alignment != 0 || data > size || info.offset > size - data ||
          bytes > size - data - info.offset) {
        corrupt("tensor ", quote(info.name), " of ", bytes, " bytes at ", info.offset,
                " does not lie in the data, which begin at ", data, " of ", size, " bytes, on a multiple of ",
                alignment);
      }
      if (bytes > 0) extents.emplace_back(info.offset, info.offset + bytes);
    }
    std::sort(extents.begin(), extents.end());
    for (size_t i = 1; i < extents.size(); ++i) {
      if (extents[i].first < extents[i - 1].second)
        corrupt("two tensors overlap at byte ", extents[i].first, " of the data");
    }
  }

  void add_tensor(const Info& info, uint64_t data) {
    if (result_.tensors.contains(info.name) || result_.unreadable.contains(info.name)) {
      corrupt("tensor ", quote(info.name), " occurs twice");
    }
    const auto type = static_cast<GgmlType>(info.type);
    const std::byte* first = source_.bytes.data() + data + info.offset;
    if (is_float(type)) {
      result_.tensors.emplace(info.name, mapped_tensor(source_.owner, first, info.shape, dtype_of(type)));
    } else if (ggml_block_bytes(type) > 0) {
      Tensor tensor = Tensor::empty(info.shape, DType::kFloat32);
      unpack_ggml_blocks(type, reinterpret_cast<const uint8_t*>(first), tensor.num_elements() / kGgmlBlockValues,
                         tensor.data<float>());
      result_.tensors.emplace(info.name, std::move(tensor));
    } else {
      result_.unreadable.emplace(info.name, concat("its elements are of ggml type ", info.type));
    }
  }

  const ByteSource& source_;
  ByteReader reader_;
  StoredTensors result_;
  uint64_t num_elements_ = 0;  // of all arrays
};

}  // namespace

StoredTensors read_gguf(const ByteSource& source) {
  return GgufReader(source).read();
}

}  // namespace clipkit
