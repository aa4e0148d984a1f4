#include "clipkit/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/compute_thread.h"
#include "base/parallel.h"
#include "clipkit/error.h"
#include "clipkit/npy.h"
#include "image/recordings.h"

namespace clipkit {
namespace {

using testing::digest;
using testing::find_picture;
using testing::read_words;
using testing::recordings;

PreprocessConfig square(int size) {
  PreprocessConfig config;
  config.height = config.width = size;
  return config;
}

std::string tensor_digest(const Tensor& tensor) {
  return sha256_hex(tensor.view().raw(), tensor.view().bytes());
}

// Runs check(line) for every recorded line of this kind whose picture is there.
template <class Check>
void for_recorded(const std::string& kind, const Check& check) {
  int found = 0;
  std::map<std::string, Image> images;
  for (const auto& line : read_words(recordings() / "preprocess.txt")) {
    if (line[0] != kind) continue;
    if (find_picture(line[1]).empty()) continue;  // two large ones are not copied
    if (!images.contains(line[1])) images[line[1]] = read_image(find_picture(line[1]));
    SCOPED_TRACE(line[1] + " " + line[2]);
    check(images[line[1]], line);
    ++found;
  }
  EXPECT_GT(found, 0);
}

TEST(Preprocess, CropsAndTensorsAreTheReferencesBitForBit) {
  for_recorded("crop", [](const Image& image, const std::vector<std::string>& line) {
    const PreprocessConfig config = square(std::stoi(line[2]));
    EXPECT_EQ(digest(resize_and_crop(image, config).pixels), line[7]);
    EXPECT_EQ(tensor_digest(preprocess(std::span(&image, 1), config)), line[8]);
  });
}

TEST(Preprocess, VariantsAreOpenClipsAndTransformersBitForBit) {
  for_recorded("variant", [](const Image& image, const std::vector<std::string>& line) {
    const std::string& name = line[2];
    PreprocessConfig config = square(64);
    if (name.starts_with("squash")) config.resize_mode = ResizeMode::kSquash;
    if (name.starts_with("longest")) config.resize_mode = ResizeMode::kLongest;
    if (name.ends_with("bilinear")) config.interpolation = Interpolation::kBilinear;
    if (name.ends_with("fill255")) config.fill_color = 255;
    if (name.starts_with("hf_")) config.color_order = ColorOrder::kBeforeResize;
    if (name == "nonsquare_48x80") {
      config.height = 48;
      config.width = 80;
    }
    EXPECT_EQ(digest(resize_and_crop(image, config).pixels), line[3]);
  });
}

TEST(Preprocess, EveryModeResizesAsPillowResizesIt) {
  for (const auto& line : read_words(recordings() / "pillow.txt")) {
    if (line[5] == "-") continue;
    PreprocessConfig config = square(24);
    config.resize_mode = ResizeMode::kSquash;
    EXPECT_EQ(digest(resize_and_crop(read_image(recordings() / "pillow" / line[0]), config).pixels), line[5])
        << line[0];
  }
}

TEST(Preprocess, PublishedTensorsOfPhotosAreMatchedExactly) {
  const std::filesystem::path folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/reference/preprocess-224";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jpg") continue;
    const Image image = read_image(entry.path());
    const Tensor found = preprocess(std::span(&image, 1), square(224));
    const Tensor expected = read_npy(std::filesystem::path(entry.path()).replace_extension(".npy"));
    ASSERT_EQ(found.num_elements(), expected.num_elements());
    double largest = 0;
    for (int64_t i = 0; i < found.num_elements(); ++i) {
      largest = std::max(largest, std::abs(double{found.data<float>()[i]} - double{expected.data<float>()[i]}));
    }
    EXPECT_EQ(largest, 0) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 0);
}

Image gradient(ImageMode mode, int width, int height) {
  Image image;
  image.mode = mode;
  image.width = width;
  image.height = height;
  image.pixels.resize(static_cast<size_t>(width * height * num_channels(mode) * bytes_per_sample(mode)));
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 37 + i / 91);
  return image;
}

TEST(Preprocess, ABatchOnSeveralThreadsGivesTheBitsOfSinglePictures) {
  std::vector<Image> images;
  for (int i = 0; i < 9; ++i) images.push_back(gradient(ImageMode::kRgb, 40 + 31 * i, 200 - 17 * i));
  run_on_compute_thread([] { set_num_compute_threads(3); });
  const Tensor together = preprocess(images, square(32));
  run_on_compute_thread([] { set_num_compute_threads(0); });
  ASSERT_EQ(together.shape(), Shape({9, 3, 32, 32}));
  for (size_t i = 0; i < images.size(); ++i) {
    const Tensor alone = preprocess(std::span(&images[i], 1), square(32));
    const auto row = together.row<float>(static_cast<int64_t>(i));
    EXPECT_EQ(std::memcmp(alone.data<float>(), row.data(), row.size_bytes()), 0);
  }
}

TEST(Preprocess, NoPicturesGiveAnEmptyBatch) {
  EXPECT_EQ(preprocess({}, square(32)).shape(), Shape({0, 3, 32, 32}));
}

TEST(Preprocess, NormalisesWithTheConfigsMeanAndDeviation) {
  PreprocessConfig config = square(8);
  config.mean = {0.5f, 0, 0.25f};
  config.std = {0.5f, 1, 2};
  const Image crop = gradient(ImageMode::kRgb, 8, 8);
  std::vector<float> out(3 * 64);
  normalize(crop, config, out);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < 64; ++i) {
      const float x = static_cast<float>(crop.pixels[3 * i + c]) / 255.0f;
      EXPECT_EQ(out[c * 64 + i], (x - config.mean[c]) / config.std[c]);
    }
  }
}

TEST(Preprocess, RefusesPicturesThatContradictThemselves) {
  Image image = gradient(ImageMode::kRgb, 8, 8);
  image.pixels.pop_back();
  EXPECT_THROW(resize_and_crop(image, square(4)), Error);
  EXPECT_THROW(resize_and_crop(Image(), square(4)), Error);
  EXPECT_THROW(preprocess(std::span(&image, 1), square(4)), Error);
}

TEST(Preprocess, RefusesConfigsWithoutSenseAndCropsOfAnotherSize) {
  const Image image = gradient(ImageMode::kRgb, 8, 8);
  EXPECT_THROW(resize_and_crop(image, square(0)), Error);
  EXPECT_THROW(resize_and_crop(image, square(1 << 20)), Error);
  PreprocessConfig config = square(8);
  config.std[1] = 0;
  EXPECT_THROW(resize_and_crop(image, config), Error);
  std::vector<float> out(3 * 64);
  EXPECT_THROW(normalize(image, square(4), out), Error);
  EXPECT_THROW(normalize(image, square(8), std::span(out).first(100)), Error);
  EXPECT_THROW(normalize(gradient(ImageMode::kGray, 8, 8), square(8), out), Error);
}

TEST(Preprocess, LongestFailsWhereASideWouldVanish) {
  PreprocessConfig config = square(32);
  config.resize_mode = ResizeMode::kLongest;
  const Image image = gradient(ImageMode::kRgb, 1000, 3);
  try {
    resize_and_crop(image, config);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("32 x 0"));
  }
}

TEST(Preprocess, ExtremeShapesNeedTimeAndMemoryOfTheCropOnly) {
  for (const ImageMode mode : {ImageMode::kRgb, ImageMode::kPalette, ImageMode::kGray32, ImageMode::kRgba}) {
    const Image wide = gradient(mode, 1 << 18, 1), high = gradient(mode, 1, 1 << 18);
    for (const ResizeMode resize_mode : {ResizeMode::kShortest, ResizeMode::kSquash}) {
      PreprocessConfig config = square(32);
      config.resize_mode = resize_mode;
      EXPECT_EQ(resize_and_crop(wide, config).width, 32);
      EXPECT_EQ(resize_and_crop(high, config).height, 32);
    }
  }
  const Image too_wide = gradient(ImageMode::kGray, (1 << 20) + 1, 1);
  EXPECT_THROW(resize_and_crop(too_wide, square(32)), Error);
}

TEST(Preprocess, MissingPaletteEntriesAreBlack) {
  Image image = gradient(ImageMode::kPalette, 2, 2);
  image.pixels = {0, 1, 2, 255};
  image.palette = {7, 8, 9, 1, 2, 3};
  EXPECT_EQ(resize_and_crop(image, square(2)).pixels, (std::vector<uint8_t>{7, 8, 9, 1, 2, 3, 0, 0, 0, 0, 0, 0}));
}

TEST(Preprocess, PaddingOfAPaletteIsAnIndexAndOfInkIsInk) {
  PreprocessConfig config = square(4);
  config.resize_mode = ResizeMode::kLongest;
  config.fill_color = 2;
  Image palette = gradient(ImageMode::kPalette, 4, 2);
  palette.palette = {0, 0, 0, 1, 1, 1, 9, 8, 7};
  const Image padded = resize_and_crop(palette, config);
  EXPECT_EQ(std::vector<uint8_t>(padded.pixels.begin(), padded.pixels.begin() + 3), (std::vector<uint8_t>{9, 8, 7}));
  config.fill_color = 255;
  EXPECT_EQ(resize_and_crop(gradient(ImageMode::kCmyk, 4, 2), config).pixels[0], 0);
}

}  // namespace
}  // namespace clipkit
