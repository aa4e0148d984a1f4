#include "data/sets/drawn_subset.h"

#include <gmock/gmock.h>

#include <set>

#include "data/error_of.h"
#include "data/sets/labelled_pixels.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

// Class c has 10 * (c + 1) pictures, one after the other; a picture's only pixel is its number.
std::unique_ptr<LabelledReader> three_classes() {
  PixelPictures part{.name = "made", .labels = {}, .read = {}};
  for (int32_t c = 0; c < 3; ++c) part.labels.insert(part.labels.end(), static_cast<size_t>(10 * (c + 1)), c);
  part.read = [](int64_t i) {
    const uint8_t pixel = static_cast<uint8_t>(i);
    return image_of_pixels({&pixel, 1}, 1, 1, 1, PixelLayout::kInterleaved);
  };
  std::vector<PixelPictures> parts;
  parts.push_back(std::move(part));
  return read_labelled_pixels(std::move(parts));
}

std::vector<int> drawn(const Draw& draw) {
  const auto reader = draw_subset(three_classes(), draw, "made");
  std::vector<int> numbers;
  for (int64_t i = 0; i < reader->size(); ++i) {
    const LabelledPicture picture = reader->read(i);
    EXPECT_EQ(picture.labels.present, reader->labels(i).present);
    numbers.push_back(picture.image.pixels[0]);
  }
  return numbers;
}

TEST(DrawnSubset, TakesAsManyOfEachClassAndAlwaysTheSame) {
  const std::vector<int> seven = drawn({.count = 7});
  ASSERT_EQ(seven.size(), 21u);
  EXPECT_LT(seven[6], 10);
  EXPECT_GE(seven[7], 10);
  EXPECT_GE(seven[14], 30);
  EXPECT_TRUE(std::is_sorted(seven.begin(), seven.end()));
  EXPECT_EQ(seven, drawn({.count = 7}));
  // Recorded: what is drawn must never change, or figures of drawn sets could not be compared.
  EXPECT_THAT(drawn({.count = 3}), ElementsAre(4, 6, 8, 14, 18, 21, 34, 49, 54));
}

TEST(DrawnSubset, PartsWithOtherPlacesShareNothingAndAreAllTogether) {
  for (const bool of_each_class : {true, false}) {
    std::set<int> all;
    for (const Draw& draw : {Draw{of_each_class, 0, 3}, Draw{of_each_class, 3, 4}, Draw{of_each_class, 7, -1}}) {
      for (const int number : drawn(draw)) EXPECT_TRUE(all.insert(number).second);
    }
    EXPECT_EQ(all.size(), 60u);
  }
}

TEST(DrawnSubset, RefusesToDrawMoreThanThereAre) {
  EXPECT_THAT(error_of([] { drawn({.count = 11}); }).what(),
              HasSubstr("made: 10 pictures of class 0, too few to draw this split from"));
  EXPECT_THAT(error_of([] { drawn({.of_each_class = false, .skip = 60}); }).what(), HasSubstr("60 pictures, too few"));
}

}  // namespace
}  // namespace clipkit
