#include "eval/write_word.h"

#include <gtest/gtest.h>

#include <string>

#include "eval/letters.h"

namespace clipkit {
namespace {

Image grey(int width, int height) {
  Image image{.mode = ImageMode::kRgb, .width = width, .height = height};
  image.pixels.assign(static_cast<size_t>(width) * static_cast<size_t>(height) * 3, 128);
  return image;
}
Image written(int width, int height, const std::string& word, uint64_t seed = 0) {
  Image image = grey(width, height);
  Random random(seed, RandomUse::kWrongWords);
  write_word(image, word, random);
  return image;
}

// Where the picture is no longer grey.
struct Box {
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
  int width() const { return right - left + 1; }
  int height() const { return bottom - top + 1; }
};
Box changed(const Image& image) {
  Box box;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (image.pixels[static_cast<size_t>(3 * (y * image.width + x))] == 128) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x), std::max(box.bottom, y)};
    }
  }
  return box;
}

TEST(Letters, LookLikeThemselves) {
  const auto drawn = [](char c) {
    std::string rows;
    for (int y = 0; y < kLetterHeight; ++y) {
      for (int x = 0; x < kLetterWidth; ++x)
        rows += (kLetters[static_cast<size_t>(c - ' ')][static_cast<size_t>(x)] >> y & 1) != 0 ? '#' : '.';
      rows += '\n';
    }
    return rows;
  };
  EXPECT_EQ(drawn('R'), "####.\n#...#\n#...#\n####.\n#.#..\n#..#.\n#...#\n");
  EXPECT_EQ(drawn('g'), ".....\n.####\n#...#\n#...#\n.####\n....#\n.###.\n");
  for (char c = '!'; c <= '~'; ++c) {
    EXPECT_NE(drawn(c), drawn(' ')) << c;
    for (char d = '!'; d < c; ++d) EXPECT_NE(drawn(c), drawn(d)) << c << " and " << d;
  }
}

TEST(WriteWord, FillsTheWidthWithinThePicture) {
  for (const int size : {32, 64, 224, 336, 1000}) {
    for (uint64_t seed = 0; seed < 8; ++seed) {
      const Box box = changed(written(size, size, "automobile", seed));
      EXPECT_GE(box.width(), size * 8 / 10) << size;
      EXPECT_LE(box.width(), size) << size;
      EXPECT_LE(box.height(), size / 5) << size;
      EXPECT_GE(box.height(), size / 10) << size;
    }
  }
}

TEST(WriteWord, BreaksLongNamesIntoLines) {
  const Box box = changed(written(224, 224, "lymph node containing metastatic tumor tissue"));
  EXPECT_GE(box.height(), 60) << "several lines";
  EXPECT_LE(box.height(), 224);
}

TEST(WriteWord, IsDecidedByTheSeed) {
  EXPECT_EQ(written(64, 64, "cat", 1).pixels, written(64, 64, "cat", 1).pixels);
  EXPECT_NE(written(64, 64, "cat", 1).pixels, written(64, 64, "cat", 2).pixels);
}

TEST(WriteWord, SurvivesAnyWordAndSize) {
  for (const char* word : {"", " ", "\xff\xfe",
                           "cr\xC3\xA8me br\xC3\xBBl\xC3\xA9"
                           "e",
                           "\t\n", "a  b"}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 50}, {50, 1}, {7, 9}}) written(width, height, word);
  }
  written(64, 64, std::string(10'000, 'm'));
  EXPECT_EQ(written(224, 224, "caf\xC3\xA9").pixels, written(224, 224, "caf?").pixels);
}

}  // namespace
}  // namespace clipkit
