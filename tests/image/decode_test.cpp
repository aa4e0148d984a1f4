#include "image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "clipkit/error.h"
#include "image/recordings.h"

namespace clipkit {
namespace {

using testing::digest;
using testing::find_picture;
using ::testing::HasSubstr;
using testing::read_bytes;
using testing::read_words;
using testing::recordings;

template <class T>
std::vector<std::byte> file_of(const T& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// The error that decoding ends with; fails the test if there is none.
Error error_of(std::span<const std::byte> bytes, const DecodeOptions& options = {}) {
  try {
    decode_image(bytes, "picture", options);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("picture: "));
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::kIo, ""};
}

std::vector<std::filesystem::path> all_pictures() {
  std::vector<std::filesystem::path> paths;
  for (const char* folder : {"pictures", "pillow"}) {
    for (const auto& entry : std::filesystem::directory_iterator(recordings() / folder)) paths.push_back(entry.path());
  }
  return paths;
}

TEST(Decode, RecordedPicturesHaveTheReferencesModeSizeAndSamples) {
  for (const auto& line : read_words(recordings() / "preprocess.txt")) {
    if (line[0] != "picture" || find_picture(line[1]).empty()) continue;
    const Image image = read_image(find_picture(line[1]));
    EXPECT_EQ(to_string(image.mode), line[2]) << line[1];
    EXPECT_EQ(std::to_string(image.width), line[3]) << line[1];
    EXPECT_EQ(std::to_string(image.height), line[4]) << line[1];
    if (line[5] != "-") {
      EXPECT_EQ(digest(image.pixels), line[5]) << line[1];
    }
  }
}

TEST(Decode, RareKindsAreReadAsPillowReadsThem) {
  for (const auto& line : read_words(recordings() / "pillow.txt")) {
    const Image image = read_image(recordings() / "pillow" / line[0]);
    EXPECT_EQ(to_string(image.mode), line[1]) << line[0];
    EXPECT_EQ(std::to_string(image.width), line[2]) << line[0];
    EXPECT_EQ(std::to_string(image.height), line[3]) << line[0];
    EXPECT_EQ(digest(image.pixels), line[4]) << line[0];
  }
}

TEST(Decode, EveryTruncatedFileIsAnErrorThatSaysSo) {
  for (const auto& path : all_pictures()) {
    const std::vector<std::byte> bytes = read_bytes(path);
    // Plain PNM ends with a number that may as well be shorter, run-length coded BMP with a mark that nobody misses.
    const bool plain = bytes[0] == std::byte{'P'} && bytes[1] <= std::byte{'3'};
    const size_t spare = plain || path.filename().string().starts_with("rle") ? 2 : 0;
    const size_t step = std::max<size_t>(bytes.size() / 97, 1);
    for (size_t size = 16; size < bytes.size() - spare; size += size + step < bytes.size() ? step : 1) {
      SCOPED_TRACE(path.filename().string() + " cut to " + std::to_string(size));
      const Error error = error_of(std::span(bytes).first(size));
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr("truncated"));
      if (HasFailure()) return;
    }
  }
}

TEST(Decode, DamagedFilesNeverDoMoreThanThrow) {
  for (const auto& path : all_pictures()) {
    const std::vector<std::byte> bytes = read_bytes(path);
    uint32_t state = 1;
    for (int round = 0; round < 60; ++round) {
      std::vector<std::byte> damaged = bytes;
      for (int i = 0; i < 1 + round % 4; ++i) {
        state = state * 1664525u + 1013904223u;
        damaged[(state >> 8) % damaged.size()] = static_cast<std::byte>(state >> 3);
      }
      try {
        const Image image = decode_image(damaged, "damaged", {.max_pixels = 1 << 20, .honour_orientation = true});
        EXPECT_GT(image.width, 0);
      } catch (const Error&) {
      }
    }
  }
}

TEST(Decode, MaxPixelsIsHeldAgainstTheHeader) {
  for (const auto& path : all_pictures()) {
    const std::vector<std::byte> bytes = read_bytes(path);
    const Image image = decode_image(bytes, "picture");
    const int64_t pixels = int64_t{image.width} * image.height;
    EXPECT_NO_THROW(decode_image(bytes, "picture", {.max_pixels = pixels}));
    const Error error = error_of(bytes, {.max_pixels = pixels - 1});
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << path;
    EXPECT_THAT(error.what(), HasSubstr("max_pixels"));
  }
}

TEST(Decode, GiganticHeadersAreRefusedBeforeAnythingIsAllocated) {
  const std::string files[] = {
      "P6 1000000000 1000000000 255\n",
      "P4 2147483648 1\n",
      std::string("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\1\0\x18\0", 30) +
          std::string(60, '\0'),
      std::string("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\0\0\0\x80\1\0\x18\0", 30) + std::string(60, '\0'),
  };
  for (const std::string& file : files) error_of(file_of(file));
}

TEST(Decode, EmptyPicturesAreErrors) {
  EXPECT_THAT(error_of(file_of(std::string("P5 0 4 255\n"))).what(), HasSubstr("0 x 4"));
  EXPECT_THAT(error_of(file_of(std::string("P5 4 0 255\n"))).what(), HasSubstr("4 x 0"));
}

TEST(Decode, FormatIsToldByContentAndNotByName) {
  const std::vector<std::byte> jpeg = read_bytes(find_picture("jpeg_420_320x240.jpg"));
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "really_a_jpeg.png";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(jpeg.data()), static_cast<std::streamsize>(jpeg.size()));
  EXPECT_EQ(read_image(path).width, 320);
  std::filesystem::remove(path);
}

TEST(Decode, WhatIsNoPictureIsUnsupported) {
  for (const std::string text :
       {"", "B", "BMW is a car, and this is a text about it", "P", "P7 pam", "RIFF1234WAVE", "\xFF\xD8", "\x89PNG"}) {
    const Error error = error_of(file_of(text));
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << text;
    EXPECT_FALSE(is_picture(file_of(text))) << text;
  }
  EXPECT_THROW(read_image("/nonexistent/picture.png"), Error);
}

TEST(Decode, TheHeadIsEnoughToKnowAPicture) {
  for (const auto& path : all_pictures()) {
    const std::vector<std::byte> bytes = read_bytes(path);
    EXPECT_TRUE(is_picture(std::span(bytes).first(kPictureHeadBytes))) << path;
  }
}

TEST(DecodePng, AChunkThatClaimsMoreThanTheFileIsTruncatedAndTakesNoMemory) {
  std::vector<std::byte> bytes = read_bytes(recordings() / "pillow/exif6.png");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t at = text.find("eXIf");
  ASSERT_NE(at, std::string_view::npos);
  bytes[at - 4] = std::byte{0x7E};  // 2 GiB
  for (const bool honour : {false, true}) {
    EXPECT_THAT(error_of(bytes, {.honour_orientation = honour}).what(), HasSubstr("truncated"));
  }
}

TEST(DecodeWebp, LessThanAHeaderIsTruncated) {
  EXPECT_THROW(decode_webp({{}, "picture", {}}), Error);
}

TEST(DecodeJpeg, ShrinksByPowersOfTwo) {
  for (const char* name :
       {"jpeg_gray_180x240.jpg", "jpeg_420_320x240.jpg", "jpeg_cmyk_160x120.jpg", "jpeg_prog_420_301x201.jpg"}) {
    const std::vector<std::byte> bytes = read_bytes(find_picture(name));
    const Image whole = decode_image(bytes, name);
    const PictureSize size = jpeg_size({bytes, name, {}});
    EXPECT_EQ(size.width, whole.width);
    EXPECT_EQ(size.height, whole.height);
    for (const int shrink : {2, 4, 8}) {
      SCOPED_TRACE(std::string(name) + " / " + std::to_string(shrink));
      const Image small = decode_image(bytes, name, {.jpeg_shrink = shrink});
      ASSERT_EQ(small.width, (whole.width + shrink - 1) / shrink);
      ASSERT_EQ(small.height, (whole.height + shrink - 1) / shrink);
      // Low frequencies are all that stays: near the mean of the samples that a pixel stands for. Apart by rounding, by
      // clipped samples and by how chroma was spread: two steps on average, as a bound.
      const auto channels = static_cast<size_t>(num_channels(whole.mode));
      double apart = 0;
      size_t count = 0;
      for (int y = 0; y < whole.height / shrink; ++y) {
        for (int x = 0; x < whole.width / shrink; ++x) {
          for (size_t c = 0; c < channels; ++c) {
            int sum = 0;
            for (int i = 0; i < shrink * shrink; ++i) {
              const int from = (y * shrink + i / shrink) * whole.width + x * shrink + i % shrink;
              sum += whole.pixels[static_cast<size_t>(from) * channels + c];
            }
            const int found = small.pixels[static_cast<size_t>(y * small.width + x) * channels + c];
            apart += std::abs(found - sum / double(shrink * shrink));
            ++count;
          }
        }
      }
      EXPECT_LT(apart / static_cast<double>(count), 2);
    }
  }
}

TEST(DecodeJpeg, ShrinkingChangesNeitherLimitsNorOtherFormats) {
  const std::vector<std::byte> jpeg = read_bytes(find_picture("jpeg_420_320x240.jpg"));
  EXPECT_THAT(error_of(jpeg, {.max_pixels = 320 * 240 - 1, .jpeg_shrink = 8}).what(), HasSubstr("max_pixels"));
  EXPECT_EQ(error_of(jpeg, {.jpeg_shrink = 3}).code(), ErrorCode::kInvalidArgument);
  const std::vector<std::byte> png = read_bytes(find_picture("rgb_224x224.png"));
  EXPECT_EQ(decode_image(png, "picture", {.jpeg_shrink = 8}).width, 224);
  EXPECT_EQ(jpeg_size({png, "picture", {}}).width, 0);
}

TEST(DecodePng, IndicesBeyondThePaletteStay) {
  const Image image = read_image(recordings() / "pillow/palette8_short.png");
  EXPECT_EQ(image.palette.size(), 30u);
  EXPECT_EQ(*std::max_element(image.pixels.begin(), image.pixels.end()), 14);
}

TEST(DecodeGif, APaletteOfOwnGreysIsNone) {
  // 2 x 1 pixels, a coloured global and a grey local palette of two entries; the pixels are 0 and 1.
  const std::string file(
      "GIF89a\2\0\1\0\x80\0\0\x10\x20\x30\x40\x50\x60"
      ",\0\0\0\0\2\0\1\0\x80\0\0\0\1\1\1\2\2\x44\x0A\0;",
      42);
  const Image image = decode_image(file_of(file), "picture");
  EXPECT_EQ(image.mode, ImageMode::kGray);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{0, 1}));
}

TEST(DecodeBmp, AnEarlyEndMarkLeavesTheRestBlank) {
  std::string file("BM\0\0\0\0\0\0\0\0\x3E\0\0\0\x28\0\0\0\3\0\0\0\2\0\0\0\1\0\x08\0\1\0\0\0", 34);
  file += std::string("\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 20);
  file += std::string("\1\2\3\0\4\5\6\0", 8);
  file += std::string("\2\1\0\1", 4);  // two pixels of colour 1, end of picture
  const Image image = decode_image(file_of(file), "picture");
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{0, 0, 0, 1, 1, 0}));
  EXPECT_EQ(image.palette, (std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
}

TEST(DecodePnm, RefusesSamplesBeyondTheLargest) {
  EXPECT_THAT(error_of(file_of(std::string("P2 2 1 10\n3 11\n"))).what(), HasSubstr("11"));
  EXPECT_THAT(error_of(file_of(std::string("P1 2 1\n0 2\n"))).what(), HasSubstr("0 or 1"));
  EXPECT_THAT(error_of(file_of(std::string("P5 2 1 65536\n..."))).what(), HasSubstr("65536"));
  EXPECT_THAT(error_of(file_of(std::string("P5 x 1 255\n..."))).what(), HasSubstr("number"));
}

}  // namespace
}  // namespace clipkit
