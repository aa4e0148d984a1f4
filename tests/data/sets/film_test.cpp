#include "data/sets/film.h"

#include <gmock/gmock.h>

#include "data/error_of.h"
#include "data/labelled_set.h"
#include "data/sets/made_film.h"
#include "data/sets/set_tree.h"

namespace clipkit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::made_film;
using testing::SetTree;

class Film : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!can_read_films()) GTEST_SKIP() << "built without FFmpeg";
  }
  SetTree tree_;
};

TEST_F(Film, TheMiddleFrameIsTaken) {
  for (const auto& [frames, middle] : {std::pair(1, 0), {2, 1}, {5, 2}, {8, 4}}) {
    tree_.put("film.avi", made_film(frames));
    const Image image = middle_frame(tree_.path("film.avi"));
    EXPECT_EQ(image.width, 16);
    EXPECT_EQ(image.height, 8);
    ASSERT_EQ(image.pixels.size(), 3u * 16 * 8);
    EXPECT_EQ(image.pixels[0], 255) << "the top left pixel";
    EXPECT_EQ(image.pixels[3], 10 * middle) << frames;
    EXPECT_EQ(image.pixels.back(), 10 * middle) << frames;
  }
}

TEST_F(Film, FilmsInFoldersOfClassesAreRead) {
  tree_.put("set/yoga/a.avi", made_film(3));
  tree_.put("set/zumba/b.avi", made_film(5));
  const LabelledSet set = open_labelled_set(tree_.path("set"));
  ASSERT_EQ(set.reader->size(), 2);
  EXPECT_EQ(decode_picture(set.reader->read(1)).pixels[3], 20);
}

TEST_F(Film, SaysWhatIsNoFilm) {
  tree_.put("text.avi", "no film");
  EXPECT_EQ(error_of([&] { middle_frame(tree_.path("text.avi")); }).code(), ErrorCode::kCorrupt);
  tree_.put("cut.avi", made_film(3).substr(0, 150));
  EXPECT_EQ(error_of([&] { middle_frame(tree_.path("cut.avi")); }).code(), ErrorCode::kCorrupt);
  // A playlist in disguise must not make the reader open what it names.
  tree_.put("list.mp4", "ffconcat version 1.0\nfile film.avi\n");
  tree_.put("film.avi", made_film(3));
  EXPECT_EQ(error_of([&] { middle_frame(tree_.path("list.mp4")); }).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(error_of([&] { middle_frame(tree_.path("none.avi")); }).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace clipkit
