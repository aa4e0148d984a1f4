#include "data/sets/idx.h"

#include "base/check.h"
#include "base/mapped_file.h"
#include "data/sets/gzip.h"
#include "data/sets/labelled_pixels.h"

namespace clipkit {

namespace {

constexpr int64_t kMaxArrayBytes = int64_t{8} << 30;

struct IdxFile {
  std::shared_ptr<const MappedFile> file;  // either holds the bytes
  std::shared_ptr<const std::string> unpacked;
  std::vector<int64_t> shape;
  std::span<const uint8_t> bytes;
};

uint32_t big_endian(std::span<const uint8_t> bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

std::span<const uint8_t> as_uint8(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

IdxFile read_idx_file(const std::filesystem::path& path, size_t num_dimensions) {
  IdxFile idx{.file = MappedFile::open(path), .unpacked = {}, .shape = {}, .bytes = {}};
  const std::string place = path.string();
  const bool packed = is_gzip(idx.file->bytes());
  const size_t header_bytes = 4 + 4 * num_dimensions;
  const std::string unpacked_head = packed ? gunzip(idx.file->bytes(), static_cast<int64_t>(header_bytes), place) : "";
  const auto head = packed ? as_uint8(std::as_bytes(std::span(unpacked_head))) : as_uint8(idx.file->bytes());
  if (head.size() < header_bytes || head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] != num_dimensions) {
    fail(ErrorCode::kCorrupt, place, ": no idx file of bytes in ", num_dimensions, " dimensions");
  }
  int64_t expected = 1;
  for (size_t i = 0; i < num_dimensions; ++i) {
    idx.shape.push_back(big_endian(head.subspan(4 + 4 * i, 4)));
    if (idx.shape.back() == 0 || expected > kMaxArrayBytes / idx.shape.back()) {
      fail(ErrorCode::kCorrupt, place, ": dimension ", i, " is ", idx.shape.back());
    }
    expected *= idx.shape.back();
  }
  expected += static_cast<int64_t>(header_bytes);
  if (packed) {  // one byte more, to see that there is none
    idx.unpacked = std::make_shared<const std::string>(gunzip(idx.file->bytes(), expected + 1, place));
    idx.file.reset();
  }
  const auto all = packed ? as_uint8(std::as_bytes(std::span(*idx.unpacked))) : as_uint8(idx.file->bytes());
  if (static_cast<int64_t>(all.size()) != expected) {
    fail(ErrorCode::kCorrupt, place, ": ", static_cast<int64_t>(all.size()) < expected ? "shorter" : "longer",
         " than the ", expected, " bytes that its header says");
  }
  idx.bytes = all.subspan(header_bytes);
  return idx;
}

}  // namespace

std::unique_ptr<LabelledReader> read_idx(const std::filesystem::path& pictures, const std::filesystem::path& labels) {
  constexpr int64_t kMaxSide = 4096;
  const IdxFile images = read_idx_file(pictures, 3), classes = read_idx_file(labels, 1);
  if (images.shape[0] != classes.shape[0]) {
    fail(ErrorCode::kCorrupt, pictures.string(), ": ", images.shape[0], " pictures, but ", classes.shape[0],
         " labels in ", labels.string());
  }
  const int64_t height = images.shape[1], width = images.shape[2];
  if (height > kMaxSide || width > kMaxSide) {
    fail(ErrorCode::kUnsupported, pictures.string(), ": pictures of ", width, " x ", height, ", at most ", kMaxSide);
  }
  std::vector<PixelPictures> parts;
  parts.push_back({.name = pictures.filename().string(),
                   .labels = {classes.bytes.begin(), classes.bytes.end()},
                   .read = [images, width, height](int64_t index) {
                     const auto bytes = static_cast<size_t>(width * height);
                     return image_of_pixels(images.bytes.subspan(static_cast<size_t>(index) * bytes, bytes),
                                            static_cast<int>(width), static_cast<int>(height), 1,
                                            PixelLayout::kInterleaved);
                   }});
  return read_labelled_pixels(std::move(parts));
}

}  // namespace clipkit
