// Windows and OS/2 bitmaps: 1, 4 and 8 bit palettes (also run-length coded), 16, 24 and 32 bit colour with any masks.
// Format: "Bitmap Storage", Windows GDI; modes as Pillow's BmpImagePlugin.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "image/decode.h"
#include "image/decode_reader.h"

namespace clipkit {

namespace {

enum class Compression : uint32_t { kNone = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3 };

struct Header {
  int64_t width = 0, height = 0;  // px
  bool top_down = false;
  uint32_t bits = 0;  // of a pixel
  Compression compression = Compression::kNone;
  std::array<uint32_t, 4> masks{};  // red, green, blue, alpha
  std::vector<uint8_t> palette;     // RGB triples
  uint64_t pixels_at = 0;           // offset in the file

  bool is_rle() const noexcept { return compression == Compression::kRle4 || compression == Compression::kRle8; }
};

void read_palette(DecodeReader& reader, uint32_t declared_colors, size_t entry_bytes, Header& header) {
  const uint32_t most = 1u << header.bits;
  const uint32_t num_colors = declared_colors == 0 ? most : std::min(declared_colors, most);
  for (uint32_t i = 0; i < num_colors; ++i) {
    const auto entry = reader.bytes(entry_bytes);
    header.palette.insert(header.palette.end(), {entry[2], entry[1], entry[0]});
  }
}

Header read_header(const DecodeJob& job, DecodeReader& reader) {
  constexpr uint32_t kOs2Bytes = 12, kInfoBytes = 40;
  Header header;
  reader.seek(10);
  header.pixels_at = reader.u32_le();
  const uint32_t header_bytes = reader.u32_le();
  uint32_t num_colors = 0, compression = 0;
  if (header_bytes == kOs2Bytes) {
    header.width = reader.u16_le();
    header.height = reader.u16_le();
    reader.u16_le();  // planes
    header.bits = reader.u16_le();
  } else if (header_bytes >= kInfoBytes && header_bytes <= 124) {
    header.width = static_cast<int32_t>(reader.u32_le());
    header.height = static_cast<int32_t>(reader.u32_le());
    header.top_down = header.height < 0;
    header.height = header.top_down ? -header.height : header.height;
    reader.u16_le();  // planes
    header.bits = reader.u16_le();
    compression = reader.u32_le();
    reader.bytes(12);  // size of the pixels, resolution
    num_colors = reader.u32_le();
    reader.u32_le();  // important colours
  } else {
    fail(ErrorCode::kUnsupported, job.name, ": a BMP header of ", header_bytes, " bytes, expected 12 or 40 to 124");
  }
  header.compression = static_cast<Compression>(compression);
  const bool fits = header.bits == 4                        ? compression == 0 || compression == 2
                    : header.bits == 8                      ? compression == 0 || compression == 1
                    : header.bits == 1 || header.bits == 24 ? compression == 0
                                                            : compression == 0 || compression == 3;
  if (!fits || (header.bits != 1 && header.bits != 4 && header.bits != 8 && header.bits != 16 && header.bits != 24 &&
                header.bits != 32)) {
    fail(ErrorCode::kUnsupported, job.name, ": a BMP of ", header.bits, " bits a pixel with compression ", compression,
         ", expected 1, 4, 8, 16, 24 or 32 bits, plain, run-length coded or with masks");
  }
  if (header.compression == Compression::kBitFields) {
    // Four masks are part of the longer headers; after the short one come three.
    const size_t count = header_bytes >= 56 ? 4 : 3;
    for (size_t i = 0; i < count; ++i) header.masks[i] = reader.u32_le();
    if (std::all_of(header.masks.begin(), header.masks.end(), [](uint32_t mask) { return mask == 0; })) {
      header.masks = {0xFF0000, 0xFF00, 0xFF, 0xFF000000};  // Pillow reads such files as BGRA
    }
  } else if (header.bits == 16) {
    header.masks = {0x7C00, 0x3E0, 0x1F, 0};
  } else {
    header.masks = {0xFF0000, 0xFF00, 0xFF, 0};
  }
  reader.seek(std::max<uint64_t>(reader.position(), uint64_t{14} + header_bytes));
  if (header.bits <= 8) read_palette(reader, num_colors, header_bytes == kOs2Bytes ? 3 : 4, header);
  if (header.pixels_at == 0) header.pixels_at = reader.position();
  return header;
}

// Black and white, or every index its own grey: Pillow drops such palettes.
ImageMode mode_of(const Header& header) {
  if (header.bits > 8) return header.masks[3] != 0 ? ImageMode::kRgba : ImageMode::kRgb;
  const std::vector<uint8_t>& palette = header.palette;
  if (header.bits == 1) {
    const std::vector<uint8_t> black_and_white = {0, 0, 0, 255, 255, 255};
    return palette == black_and_white ? ImageMode::kBit : ImageMode::kPalette;
  }
  if (header.bits == 4) return ImageMode::kPalette;
  for (size_t i = 0; i < palette.size(); ++i) {
    if (palette[i] != i / 3) return ImageMode::kPalette;
  }
  return ImageMode::kGray;
}

// A colour's bits within a pixel.
struct Channel {
  uint32_t mask, shift, max;
  explicit Channel(uint32_t m)
      : mask(m), shift(m != 0 ? static_cast<uint32_t>(std::countr_zero(m)) : 0), max(m >> shift) {}
  uint8_t of(uint32_t pixel) const noexcept {
    return max != 0 ? static_cast<uint8_t>(uint64_t{(pixel & mask) >> shift} * 255 / max) : 0;
  }
};

void read_plain(DecodeReader& reader, const Header& header, Image& image) {
  const size_t bits = header.bits, width = static_cast<size_t>(image.width), height = static_cast<size_t>(image.height);
  const size_t row_bytes = (width * bits + 31) / 32 * 4;
  const std::span<const uint8_t> data = reader.bytes(uint64_t{row_bytes} * height);
  const std::array<Channel, 4> channels = {Channel(header.masks[0]), Channel(header.masks[1]), Channel(header.masks[2]),
                                           Channel(header.masks[3])};
  const size_t num_out = static_cast<size_t>(num_channels(image.mode));
  for (size_t y = 0; y < height; ++y) {
    const uint8_t* from = data.data() + (header.top_down ? y : height - 1 - y) * row_bytes;
    uint8_t* to = image.pixels.data() + y * width * num_out;
    for (size_t x = 0; x < width; ++x) {
      if (bits <= 8) {
        const size_t bit = x * bits;
        const int value = from[bit / 8] >> (8 - bits - bit % 8) & ((1 << bits) - 1);
        *to++ = static_cast<uint8_t>(image.mode == ImageMode::kBit ? value * 255 : value);
        continue;
      }
      uint32_t pixel = 0;
      for (size_t i = 0; i < bits / 8; ++i) pixel |= uint32_t{from[x * bits / 8 + i]} << (8 * i);
      for (size_t c = 0; c < num_out; ++c) *to++ = channels[c].of(pixel);
    }
  }
}

// Runs of one or two alternating indices, literal stretches, and jumps over pixels that stay 0.
void read_rle(DecodeReader& reader, const Header& header, Image& image) {
  const bool rle4 = header.compression == Compression::kRle4;
  int64_t x = 0, y = 0;  // y counts in the file's direction
  const auto put = [&](int value) {
    if (x < image.width && y < image.height) {
      const int64_t row = header.top_down ? y : image.height - 1 - y;
      image.pixels[static_cast<size_t>(row * image.width + x)] = static_cast<uint8_t>(value);
    }
    ++x;
  };
  while (y < image.height) {
    const int count = reader.u8(), value = reader.u8();
    if (count > 0) {
      for (int i = 0; i < count; ++i) put(!rle4 ? value : i % 2 == 0 ? value >> 4 : value & 15);
    } else if (value == 0) {  // end of line
      x = 0;
      ++y;
    } else if (value == 1) {  // end of picture
      return;
    } else if (value == 2) {  // jump
      x += reader.u8();
      y += reader.u8();
    } else {
      const auto literal = reader.bytes(static_cast<uint64_t>(rle4 ? (value + 1) / 2 : value));
      for (int i = 0; i < value; ++i) {
        const int byte = literal[static_cast<size_t>(rle4 ? i / 2 : i)];
        put(!rle4 ? byte : i % 2 == 0 ? byte >> 4 : byte & 15);
      }
      if (literal.size() % 2 != 0) reader.u8();
    }
  }
}

}  // namespace

Image decode_bmp(const DecodeJob& job) {
  DecodeReader reader(job, "BMP");
  Header header = read_header(job, reader);
  Image image = new_image(job, mode_of(header), header.width, header.height);
  reader.seek(header.pixels_at);
  if (header.is_rle()) {
    read_rle(reader, header, image);
  } else {
    read_plain(reader, header, image);
  }
  if (image.mode == ImageMode::kPalette) image.palette = std::move(header.palette);
  return image;
}

}  // namespace clipkit
