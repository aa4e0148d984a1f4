#include "eval/feature_chunk.h"

#include <cstring>

#include "base/check.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "clipkit/tensor_file.h"

namespace clipkit {

namespace {

// Lengths in front, so that no two different pictures are the same bytes.
void add(Sha256& sha, const void* data, size_t bytes) {
  const auto length = static_cast<uint64_t>(bytes);
  sha.update(&length, sizeof length);
  if (bytes > 0) sha.update(data, bytes);
}

// Of all that is read from the file without being held against something else.
std::string digest_of(const TensorView& x, const std::string& errors) {
  Sha256 sha;
  add(sha, x.raw(), x.bytes());
  add(sha, errors.data(), errors.size());
  return sha.hex_digest();
}

}  // namespace

PictureDigest digest_of(const LabelledPicture& picture) {
  Sha256 sha;
  add(sha, picture.name.data(), picture.name.size());
  for (const auto* labels : {&picture.labels.present, &picture.labels.ignored})
    add(sha, labels->data(), labels->size() * sizeof(int32_t));
  add(sha, picture.file.data(), picture.file.size());
  const Image& image = picture.image;
  const int32_t size[] = {static_cast<int32_t>(image.mode), image.width, image.height};
  add(sha, size, sizeof size);
  add(sha, image.pixels.data(), image.pixels.size());
  add(sha, image.palette.data(), image.palette.size());
  return sha.digest();
}

void write_chunk(const std::filesystem::path& path, const FeatureChunk& chunk, const std::string& made_with) {
  NamedTensors file;
  OrderedJson errors = OrderedJson::object();
  for (const auto& [row, error] : chunk.errors) errors[concat(row)] = replace_invalid_utf8(error);
  const std::string text = errors.dump();
  file.metadata = {{"made_with", made_with}, {"sha256", digest_of(chunk.x.view(), text)}, {"errors", text}};
  file.tensors.emplace("features", Tensor(chunk.x.view(), chunk.x.owner()));
  const Shape shape = {static_cast<int64_t>(chunk.digests.size()), 8};
  file.tensors.emplace("digests", Tensor::copy_of({chunk.digests.data(), shape, DType::kUInt32}));
  write_tensor_file(path, file);
}

std::optional<FeatureChunk> read_chunk(const std::filesystem::path& path, const std::string& made_with) {
  try {
    NamedTensors file = read_tensor_file(path);
    const auto x = file.tensors.find("features"), digests = file.tensors.find("digests");
    if (file.metadata["made_with"] != made_with || x == file.tensors.end() || digests == file.tensors.end()) return {};
    const Shape& shape = x->second.shape();
    if (shape.rank() != 2 || x->second.dtype() != DType::kFloat32 || digests->second.dtype() != DType::kUInt32 ||
        !(digests->second.shape() == Shape{shape[0], 8}) ||
        digest_of(x->second.view(), file.metadata["errors"]) != file.metadata["sha256"]) {
      return {};
    }
    FeatureChunk chunk;
    chunk.digests.resize(static_cast<size_t>(shape[0]));
    if (shape[0] > 0) std::memcpy(chunk.digests.data(), digests->second.view().raw(), digests->second.view().bytes());
    chunk.x = std::move(x->second);
    const Json errors = parse_json(file.metadata["errors"], path.string());
    for (const auto& [row, error] : errors.items()) {
      const int64_t number = std::stoll(row);
      if (number < 0 || number >= shape[0]) return {};
      chunk.errors[number] = error.get<std::string>();
    }
    return chunk;
  } catch (const std::exception&) {
    return {};  // not there, or not whole
  }
}

}  // namespace clipkit
