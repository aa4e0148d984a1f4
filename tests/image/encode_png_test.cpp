#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "clipkit/image.h"

namespace clipkit {
namespace {

TEST(WritePng, ReadingBackGivesTheSamePicture) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "clipkit_write_png_test.png";
  for (const ImageMode mode : {ImageMode::kGray, ImageMode::kGrayAlpha, ImageMode::kRgb, ImageMode::kRgba}) {
    Image image;
    image.mode = mode;
    image.width = 13;
    image.height = 7;
    for (int i = 0; i < 13 * 7 * num_channels(mode); ++i) image.pixels.push_back(static_cast<uint8_t>(i * 29));
    write_png(path, image);
    const Image read = read_image(path);
    EXPECT_EQ(read.mode, mode);
    EXPECT_EQ(read.width, 13);
    EXPECT_EQ(read.height, 7);
    EXPECT_EQ(read.pixels, image.pixels);
  }
  std::filesystem::remove(path);
}

TEST(WritePng, RefusesOtherModesAndWrongSizes) {
  Image image;
  image.mode = ImageMode::kCmyk;
  image.width = image.height = 1;
  image.pixels.resize(4);
  EXPECT_THROW(write_png("never_written.png", image), Error);
  image.mode = ImageMode::kRgb;
  EXPECT_THROW(write_png("never_written.png", image), Error);
  EXPECT_FALSE(std::filesystem::exists("never_written.png"));
}

}  // namespace
}  // namespace clipkit
