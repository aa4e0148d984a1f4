#include "data/sets/cifar.h"

#include <numeric>

#include "base/check.h"
#include "base/mapped_file.h"
#include "data/sets/labelled_pixels.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

// The bytes of a file that is made of records, at least one.
std::span<const uint8_t> records_of(const MappedFile& file, int64_t record_bytes) {
  const auto bytes = static_cast<int64_t>(file.bytes().size());
  if (bytes == 0 || bytes % record_bytes != 0) {
    fail(ErrorCode::kCorrupt, file.path().string(), ": ", bytes, " bytes long, expected a multiple of ", record_bytes);
  }
  return {reinterpret_cast<const uint8_t*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

std::unique_ptr<LabelledReader> read_cifar(const std::vector<std::filesystem::path>& files, int label_bytes) {
  constexpr int kSide = 32;
  constexpr int64_t kPixelBytes = int64_t{3} * kSide * kSide;
  const int64_t record_bytes = label_bytes + kPixelBytes;
  std::vector<PixelPictures> parts;
  for (const auto& path : files) {
    const auto file = MappedFile::open(path);
    const std::span<const uint8_t> records = records_of(*file, record_bytes);
    PixelPictures part{.name = path.filename().string(), .labels = {}, .read = {}};
    for (size_t label = static_cast<size_t>(label_bytes) - 1; label < records.size();
         label += static_cast<size_t>(record_bytes)) {
      part.labels.push_back(records[label]);
    }
    part.read = [file, records, record_bytes, label_bytes](int64_t index) {
      const auto begin = static_cast<size_t>(index * record_bytes + label_bytes);
      return image_of_pixels(records.subspan(begin, kPixelBytes), kSide, kSide, 3, PixelLayout::kPlanes);
    };
    parts.push_back(std::move(part));
  }
  return read_labelled_pixels(std::move(parts));
}

std::unique_ptr<LabelledReader> read_stl10(const std::filesystem::path& pictures, const std::filesystem::path& labels,
                                           const std::filesystem::path& folds, int fold) {
  constexpr int kSide = 96;
  constexpr int64_t kPixelBytes = int64_t{3} * kSide * kSide;
  const auto file = MappedFile::open(pictures), label_file = MappedFile::open(labels);
  const std::span<const uint8_t> pixels = records_of(*file, kPixelBytes), all = records_of(*label_file, 1);
  const int64_t count = static_cast<int64_t>(pixels.size()) / kPixelBytes;
  if (count != static_cast<int64_t>(all.size())) {
    fail(ErrorCode::kCorrupt, pictures.string(), ": ", count, " pictures, but ", all.size(), " labels in ",
         labels.string());
  }
  std::vector<int64_t> chosen(static_cast<size_t>(count));
  std::iota(chosen.begin(), chosen.end(), 0);
  if (fold >= 0) {
    const std::vector<std::string> lines = read_lines(folds);
    if (static_cast<size_t>(fold) >= lines.size()) {
      fail(ErrorCode::kCorrupt, folds.string(), ": ", lines.size(), " folds, expected more than ", fold);
    }
    chosen.clear();
    const std::string place = concat(folds.string(), ", fold ", fold);
    for (const std::string_view word : words_of(lines[static_cast<size_t>(fold)])) {
      chosen.push_back(parse_integer(word, place));
      if (chosen.back() < 0 || chosen.back() >= count) {
        fail(ErrorCode::kCorrupt, place, ": picture ", chosen.back(), " of ", count);
      }
    }
  }
  PixelPictures part{.name = pictures.filename().string(), .labels = {}, .read = {}};
  if (fold >= 0) part.name += concat(", fold ", fold);
  for (const int64_t i : chosen) part.labels.push_back(int32_t{all[static_cast<size_t>(i)]} - 1);
  part.read = [file, pixels, chosen = std::move(chosen)](int64_t index) {
    const auto begin = static_cast<size_t>(chosen[static_cast<size_t>(index)] * kPixelBytes);
    return image_of_pixels(pixels.subspan(begin, kPixelBytes), kSide, kSide, 3, PixelLayout::kColumnPlanes);
  };
  std::vector<PixelPictures> parts;
  parts.push_back(std::move(part));
  return read_labelled_pixels(std::move(parts));
}

}  // namespace clipkit
