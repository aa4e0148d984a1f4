#include "data/sets/hdf5_pictures.h"

#include <gmock/gmock.h>

#include <thread>

#include "data/error_of.h"
#include "data/sets/set_tree.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::SetTree;

class Hdf5Pictures : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!can_read_hdf5()) GTEST_SKIP() << "built without HDF5";
    tree_.copy_golden("pcam_x.h5", "x.h5");
    tree_.copy_golden("pcam_y.h5", "y.h5");
  }
  SetTree tree_;
};

TEST_F(Hdf5Pictures, ReadsPicturesAndLabelsFromAnyThread) {
  const auto reader = read_hdf5_pictures(tree_.path("x.h5"), tree_.path("y.h5"));
  ASSERT_EQ(reader->size(), 3);
  EXPECT_THAT(reader->labels(0).present, ElementsAre(1));
  EXPECT_THAT(reader->labels(1).present, ElementsAre(0));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int64_t i = 0; i < 30; ++i) {
        const Image image = reader->read(i % 3).image;
        EXPECT_EQ(image.width, 5);
        EXPECT_EQ(image.height, 4);
        EXPECT_EQ(image.pixels.front(), 60 * (i % 3));
        EXPECT_EQ(image.pixels.back(), 60 * (i % 3) + 59);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Hdf5Pictures, SaysWhatIsWrong) {
  tree_.put("text.h5", "no HDF5");
  EXPECT_THAT(error_of([&] { read_hdf5_pictures(tree_.path("text.h5"), tree_.path("y.h5")); }).what(),
              HasSubstr("not an HDF5 file"));
  EXPECT_THAT(error_of([&] { read_hdf5_pictures(tree_.path("y.h5"), tree_.path("y.h5")); }).what(),
              HasSubstr("there is no such data set"));
  EXPECT_EQ(error_of([&] { read_hdf5_pictures(tree_.path("none.h5"), tree_.path("y.h5")); }).code(),
            ErrorCode::kNotFound);
}

TEST_F(Hdf5Pictures, NeverReadsOtherFiles) {
  tree_.copy_golden("pcam_outside.h5", "outside.h5");
  tree_.copy_golden("pcam_y.h5", "pcam_y.h5");  // that it names
  EXPECT_THAT(error_of([&] { read_hdf5_pictures(tree_.path("outside.h5"), tree_.path("y.h5")); }).what(),
              HasSubstr("data set x: its bytes are in other files"));
  EXPECT_THAT(error_of([&] { read_hdf5_pictures(tree_.path("x.h5"), tree_.path("outside.h5")); }).what(),
              HasSubstr("data set y: a link"));
}

}  // namespace
}  // namespace clipkit
