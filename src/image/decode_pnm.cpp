// PBM, PGM and PPM, plain (P1 ... P3) and raw (P4 ... P6). Samples are scaled to 255, or grey of more than 8 bits to
// 65535, as Pillow's PpmImagePlugin does. Format: the pages pbm, pgm and ppm of Netpbm.
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "image/decode.h"
#include "image/decode_reader.h"

namespace clipkit {

namespace {

bool is_space(int c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void skip_spaces_and_comments(DecodeReader& reader) {
  while (true) {
    if (is_space(reader.peek())) {
      reader.u8();
    } else if (reader.peek() == '#') {
      while (reader.peek() != '\n' && reader.peek() != '\r' && reader.peek() != -1) reader.u8();
    } else {
      return;
    }
  }
}

int64_t read_number(const DecodeJob& job, DecodeReader& reader) {
  constexpr int64_t kMost = 9'999'999'999;  // ten digits, as Pillow allows
  skip_spaces_and_comments(reader);
  if (reader.peek() == -1) fail_truncated(job, "PNM");
  int64_t value = -1;
  while (reader.peek() >= '0' && reader.peek() <= '9' && value <= kMost) {
    value = std::max<int64_t>(value, 0) * 10 + (reader.u8() - '0');
  }
  if (value < 0 || value > kMost || (reader.peek() != -1 && !is_space(reader.peek()) && reader.peek() != '#')) {
    fail(ErrorCode::kCorrupt, job.name, ": damaged PNM: expected a number at byte ", reader.position());
  }
  return value;
}

struct PnmHeader {
  char kind;  // '1' ... '6'
  int64_t width, height, max_value;

  bool is_bitmap() const noexcept { return kind == '1' || kind == '4'; }
  bool is_plain() const noexcept { return kind <= '3'; }
  ImageMode mode() const noexcept {
    if (is_bitmap()) return ImageMode::kBit;
    if (kind == '3' || kind == '6') return ImageMode::kRgb;
    return max_value > 255 ? ImageMode::kGray32 : ImageMode::kGray;
  }
};

PnmHeader read_pnm_header(const DecodeJob& job, DecodeReader& reader) {
  PnmHeader header{};
  reader.u8();  // 'P'
  header.kind = static_cast<char>(reader.u8());
  header.width = read_number(job, reader);
  header.height = read_number(job, reader);
  header.max_value = header.is_bitmap() ? 1 : read_number(job, reader);
  if (header.max_value < 1 || header.max_value > 65535) {
    fail(ErrorCode::kCorrupt, job.name, ": a PNM file with a largest value of ", header.max_value,
         ", expected 1 to 65535");
  }
  return header;
}

void read_plain_bitmap(const DecodeJob& job, DecodeReader& reader, Image& image) {
  for (uint8_t& pixel : image.pixels) {  // digits need not be separated here
    skip_spaces_and_comments(reader);
    const uint8_t digit = reader.u8();
    if (digit != '0' && digit != '1') {
      fail(ErrorCode::kCorrupt, job.name, ": damaged PNM: expected 0 or 1 at byte ", reader.position() - 1);
    }
    pixel = digit == '0' ? 255 : 0;
  }
}

void read_raw_bitmap(DecodeReader& reader, Image& image) {
  const auto width = static_cast<size_t>(image.width);
  uint8_t* to = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    const auto row = reader.bytes((width + 7) / 8);
    for (size_t x = 0; x < width; ++x) *to++ = (row[x / 8] >> (7 - x % 8) & 1) != 0 ? 0 : 255;
  }
}

void read_samples(const DecodeJob& job, DecodeReader& reader, const PnmHeader& header, Image& image) {
  const bool wide = image.mode == ImageMode::kGray32;
  const double most = wide ? 65535 : 255;
  const size_t file_bytes = header.max_value > 255 ? 2 : 1;
  const size_t num_samples = image.pixels.size() / (wide ? 4 : 1);
  for (size_t i = 0; i < num_samples; ++i) {
    int64_t value;
    if (header.is_plain()) {
      value = read_number(job, reader);
      if (value > header.max_value) {
        fail(ErrorCode::kCorrupt, job.name, ": damaged PNM: a sample of ", value, ", at most ", header.max_value,
             " is allowed");
      }
    } else {
      value = reader.u8();
      if (file_bytes == 2) value = value << 8 | reader.u8();
    }
    // Python's round(): half to even.
    const double scaled = std::nearbyint(static_cast<double>(value) / static_cast<double>(header.max_value) * most);
    const auto sample = static_cast<int32_t>(std::min(scaled, most));
    if (wide) {
      std::memcpy(image.pixels.data() + 4 * i, &sample, 4);
    } else {
      image.pixels[i] = static_cast<uint8_t>(sample);
    }
  }
}

}  // namespace

Image decode_pnm(const DecodeJob& job) {
  DecodeReader reader(job, "PNM");
  const PnmHeader header = read_pnm_header(job, reader);
  Image image = new_image(job, header.mode(), header.width, header.height);
  if (!header.is_plain()) reader.u8();  // exactly one space between header and samples
  if (header.kind == '1') {
    read_plain_bitmap(job, reader, image);
  } else if (header.kind == '4') {
    read_raw_bitmap(reader, image);
  } else {
    read_samples(job, reader, header, image);
  }
  return image;
}

}  // namespace clipkit
