#include "data/sets/mat_sets.h"

#include <gmock/gmock.h>

#include "data/error_of.h"
#include "data/sets/mat_file.h"
#include "data/sets/set_tree.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::SetTree;

class MatSets : public ::testing::Test {
 protected:
  SetTree tree_;
};

TEST_F(MatSets, StanfordCarsIsAListOfStructs) {
  tree_.copy_golden("cars_annos.mat", "annos.mat");
  const auto files = list_cars(tree_.path("annos.mat"), "cars_train");
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[1].path, "cars_train/00002.jpg");
  EXPECT_THAT(files[0].labels.present, ElementsAre(13));
  EXPECT_THAT(files[1].labels.present, ElementsAre(195));
}

TEST_F(MatSets, FlowersAreNumbersOfPicturesAndOfClasses) {
  tree_.copy_golden("imagelabels.mat", "imagelabels.mat");
  tree_.copy_golden("setid.mat", "setid.mat");
  const auto list = [&](const char* ids) {
    return list_flowers(tree_.path("setid.mat"), ids, tree_.path("imagelabels.mat"), "jpg/image_{}.jpg");
  };
  const auto train = list("trnid"), test = list("tstid");
  ASSERT_EQ(train.size(), 2u);
  EXPECT_EQ(train[0].path, "jpg/image_00006.jpg");
  EXPECT_THAT(train[0].labels.present, ElementsAre(0));
  EXPECT_THAT(train[1].labels.present, ElementsAre(76));
  ASSERT_EQ(test.size(), 3u);
  EXPECT_THAT(test[1].labels.present, ElementsAre(101));
  EXPECT_THAT(error_of([&] { list("other"); }).what(), HasSubstr("there is no variable other"));
}

TEST_F(MatSets, SvhnIsPicturesInColumnsWithTenForNought) {
  tree_.copy_golden("svhn_32x32.mat", "test_32x32.mat");
  const auto reader = read_svhn(tree_.path("test_32x32.mat"));
  ASSERT_EQ(reader->size(), 2);
  EXPECT_THAT(reader->labels(0).present, ElementsAre(0));
  EXPECT_THAT(reader->labels(1).present, ElementsAre(3));
  const Image image = reader->read(1).image;
  const uint8_t* pixel = image.pixels.data() + 3 * (32 * 5 + 7);  // x = 7, y = 5: 5 % 3 * 10 + 7 % 4
  EXPECT_THAT(std::vector<int>(pixel, pixel + 3), ElementsAre(123, 173, 223));
}

TEST_F(MatSets, SaysWhatIsNoSuchFile) {
  tree_.put("text.mat", std::string(500, 'x'));
  EXPECT_EQ(error_of([&] { read_mat(tree_.path("text.mat"), "labels"); }).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(error_of([&] { read_mat(tree_.path("none.mat"), "labels"); }).code(), ErrorCode::kNotFound);
  tree_.copy_golden("imagelabels.mat", "labels.mat");
  EXPECT_THAT(error_of([&] { read_mat_field(tree_.path("labels.mat"), "labels", "fname"); }).what(),
              HasSubstr("labels: no array of structs"));
  tree_.copy_golden("cars_annos.mat", "cars.mat");
  EXPECT_THAT(error_of([&] { read_mat_field(tree_.path("cars.mat"), "annotations", "name"); }).what(),
              HasSubstr("annotations: the structs have no field name"));
  EXPECT_THAT(error_of([&] { read_svhn(tree_.path("labels.mat")); }).what(), HasSubstr("there is no variable X"));
}

}  // namespace
}  // namespace clipkit
