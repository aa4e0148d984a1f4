#include "image/orientation.h"

#include <gtest/gtest.h>

#include <string>

#include "image/recordings.h"

namespace clipkit {
namespace {

using testing::find_picture;
using testing::read_bytes;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A TIFF structure with one entry.
std::string exif(bool big_endian, int tag, int type, int count, int value) {
  const auto number = [&](int x, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(x >> 8 * (big_endian ? bytes - 1 - i : i));
    return out;
  };
  std::string out = big_endian ? "MM" : "II";
  out += number(42, 2) + number(8, 4) + number(1, 2) + number(tag, 2) + number(type, 2) + number(count, 4);
  return out + (type == 3 ? number(value, 2) + std::string(2, '\0') : number(value, 4)) + number(0, 4);
}

TEST(Orientation, IsReadInBothByteOrdersAndAfterThePrefix) {
  for (int value = 1; value <= 8; ++value) {
    for (const bool big_endian : {false, true}) {
      const std::string data = exif(big_endian, 0x112, 3, 1, value);
      EXPECT_EQ(read_orientation(bytes_of(data)), value);
      EXPECT_EQ(read_orientation(bytes_of(std::string("Exif\0\0", 6) + data)), value);
      EXPECT_EQ(read_orientation(bytes_of(exif(big_endian, 0x112, 4, 1, value))), value);
    }
  }
}

TEST(Orientation, WhatCannotBeReadMeansUpright) {
  EXPECT_EQ(read_orientation({}), 1);
  EXPECT_EQ(read_orientation(bytes_of(exif(true, 0x111, 3, 1, 6))), 1);
  EXPECT_EQ(read_orientation(bytes_of(exif(true, 0x112, 2, 1, 6))), 1);
  EXPECT_EQ(read_orientation(bytes_of(exif(true, 0x112, 3, 2, 6))), 1);
  EXPECT_EQ(read_orientation(bytes_of(exif(true, 0x112, 3, 1, 0))), 1);
  EXPECT_EQ(read_orientation(bytes_of(exif(true, 0x112, 3, 1, 9))), 1);
  const std::string whole = exif(false, 0x112, 3, 1, 6);
  for (size_t size = 0; size < whole.size() - 4; ++size)
    EXPECT_EQ(read_orientation(bytes_of(whole.substr(0, size))), 1);
  std::string far = whole;
  far[7] = '\x7F';  // the directory lies beyond the end
  EXPECT_EQ(read_orientation(bytes_of(far)), 1);
  std::string many = whole;
  many[8] = many[9] = '\xFF';
  many[10] = 0;  // another tag, then entries that are not there
  EXPECT_EQ(read_orientation(bytes_of(many)), 1);
}

TEST(Orientation, TurnsEachWayAsTheStandardSays) {
  // Stored:  1 2 3
  //          4 5 6
  Image image;
  image.mode = ImageMode::kGray;
  image.width = 3;
  image.height = 2;
  image.pixels = {1, 2, 3, 4, 5, 6};
  const std::vector<uint8_t> expected[] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                           {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                           {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image turned = turn_upright(image, orientation);
    EXPECT_EQ(turned.pixels, expected[orientation - 1]) << orientation;
    EXPECT_EQ(turned.width, orientation < 5 ? 3 : 2);
    EXPECT_EQ(turned.height, orientation < 5 ? 2 : 3);
  }
}

TEST(Orientation, IsHonouredOnlyWhereItIsAskedFor) {
  const std::vector<std::byte> bytes = read_bytes(find_picture("jpeg_exif6_320x200.jpg"));
  EXPECT_EQ(decode_image(bytes, "picture").width, 320);
  const Image upright = decode_image(bytes, "picture", {.honour_orientation = true});
  EXPECT_EQ(upright.width, 200);
  EXPECT_EQ(upright.height, 320);
  EXPECT_EQ(upright.pixels, turn_upright(decode_image(bytes, "picture"), 6).pixels);
}

TEST(Orientation, PngAndWebpCarryItToo) {
  for (const char* name : {"exif6.png", "exif6.webp"}) {
    const std::vector<std::byte> bytes = read_bytes(testing::recordings() / "pillow" / name);
    const Image stored = decode_image(bytes, name);
    EXPECT_EQ(decode_image(bytes, name, {.honour_orientation = true}).pixels, turn_upright(stored, 6).pixels) << name;
    EXPECT_EQ(decode_image(bytes, name, {.honour_orientation = true}).width, stored.height) << name;
  }
}

}  // namespace
}  // namespace clipkit
