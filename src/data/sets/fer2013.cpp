#include "data/sets/fer2013.h"

#include <algorithm>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/quote.h"
#include "data/csv.h"
#include "data/sets/labelled_pixels.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

constexpr int kFaceSide = 48;

// Kaggle's other copy has a space before its names.
std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

size_t required_column(const std::vector<std::string>& header, std::string_view name, const std::string& place) {
  const auto found =
      std::find_if(header.begin(), header.end(), [&](const auto& column) { return trimmed(column) == name; });
  if (found == header.end()) fail(ErrorCode::kCorrupt, place, ": no column ", quote(name), " in the header");
  return static_cast<size_t>(found - header.begin());
}

Image parse_pixels(std::string_view text, const std::string& place) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() != size_t{kFaceSide} * kFaceSide) {
    fail(ErrorCode::kCorrupt, place, ": ", words.size(), " pixels, expected ", kFaceSide * kFaceSide);
  }
  std::vector<uint8_t> pixels;
  for (const std::string_view word : words) {
    const int64_t value = parse_integer(word, place);
    if (value < 0 || value > 255) fail(ErrorCode::kCorrupt, place, ": a pixel of ", value);
    pixels.push_back(static_cast<uint8_t>(value));
  }
  return image_of_pixels(pixels, kFaceSide, kFaceSide, 1, PixelLayout::kInterleaved);
}

}  // namespace

std::unique_ptr<LabelledReader> read_fer2013(const std::filesystem::path& csv, std::string_view usage) {
  const auto file = MappedFile::open(csv);
  const std::string place = csv.string();
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  std::vector<std::string> fields;
  size_t position = read_csv_record(text, ',', fields).bytes;
  const size_t emotion = required_column(fields, "emotion", place), pixels = required_column(fields, "pixels", place),
               use = required_column(fields, "Usage", place), num_columns = fields.size();
  std::vector<int32_t> labels;
  std::vector<size_t> begins;
  while (position < text.size()) {
    const size_t begin = position;
    const CsvRecord record = read_csv_record(text.substr(position), ',', fields);
    position += record.bytes;
    if (fields.size() == 1 && fields[0].empty()) continue;
    const std::string row = concat(place, ", row at byte ", begin);
    if (!record.closed) fail(ErrorCode::kCorrupt, row, ": a quote that is never closed");
    if (fields.size() != num_columns) {
      fail(ErrorCode::kCorrupt, row, ": ", fields.size(), " fields, the header has ", num_columns);
    }
    if (trimmed(fields[use]) != usage) continue;
    const int64_t label = parse_integer(trimmed(fields[emotion]), row);
    if (label < 0 || label > 255) fail(ErrorCode::kCorrupt, row, ": emotion ", label);
    labels.push_back(static_cast<int32_t>(label));
    begins.push_back(begin);
  }
  std::vector<PixelPictures> parts;
  parts.push_back({.name = concat(csv.filename().string(), ", ", usage),
                   .labels = std::move(labels),
                   .read = [file, text, begins = std::move(begins), pixels, place](int64_t index) {
                     std::vector<std::string> row;
                     const size_t begin = begins[static_cast<size_t>(index)];
                     read_csv_record(text.substr(begin), ',', row);
                     return parse_pixels(row.at(pixels), concat(place, ", row at byte ", begin));
                   }});
  return read_labelled_pixels(std::move(parts));
}

}  // namespace clipkit
