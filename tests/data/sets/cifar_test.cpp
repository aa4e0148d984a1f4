#include "data/sets/cifar.h"

#include <gmock/gmock.h>

#include "base/file_writer.h"
#include "data/error_of.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

// One record: labels, then planes whose samples say where they are.
std::string cifar_record(const std::string& labels) {
  std::string record = labels;
  for (int plane = 0; plane < 3; ++plane) {
    for (int i = 0; i < 1024; ++i) record += static_cast<char>(plane * 64 + i % 64);
  }
  return record;
}

TEST(Cifar, ReadsLabelsAndPlanesOfEveryFile) {
  const TemporaryFolder folder;
  write_file(folder / "a.bin", cifar_record("\x03") + cifar_record("\x09"));
  write_file(folder / "b.bin", cifar_record("\x01"));
  const auto reader = read_cifar({folder / "a.bin", folder / "b.bin"}, 1);
  ASSERT_EQ(reader->size(), 3);
  EXPECT_THAT(reader->labels(1).present, ElementsAre(9));
  const LabelledPicture last = reader->read(2);
  EXPECT_EQ(last.name, "b.bin, picture 0");
  EXPECT_THAT(last.labels.present, ElementsAre(1));
  EXPECT_EQ(last.image.width, 32);
  EXPECT_EQ(last.image.height, 32);
  // x = 5, y = 1: sample 37 of each plane.
  const uint8_t* pixel = last.image.pixels.data() + 3 * (32 + 5);
  EXPECT_THAT(std::vector<int>(pixel, pixel + 3), ElementsAre(37, 64 + 37, 128 + 37));
}

TEST(Cifar, TheLastOfTwoLabelsIsTheClass) {
  const TemporaryFolder folder;
  write_file(folder / "test.bin", cifar_record("\x07\x63"));
  EXPECT_THAT(read_cifar({folder / "test.bin"}, 2)->labels(0).present, ElementsAre(99));
}

TEST(Cifar, RefusesPartsOfRecords) {
  const TemporaryFolder folder;
  write_file(folder / "test.bin", cifar_record("\x07") + "x");
  const Error error = error_of([&] { read_cifar({folder / "test.bin"}, 1); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("3074 bytes long, expected a multiple of 3073"));
  write_file(folder / "test.bin", "");
  EXPECT_EQ(error_of([&] { read_cifar({folder / "test.bin"}, 1); }).code(), ErrorCode::kCorrupt);
}

TEST(Cifar, ReadsTheSampleOfTheOriginalTestSet) {
  const std::filesystem::path file = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/cifar10/test_batch_500.bin";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no shared/data";
  const auto reader = read_cifar({file}, 1);
  ASSERT_EQ(reader->size(), 500);
  std::vector<int> counts(10);
  for (int64_t i = 0; i < reader->size(); ++i) ++counts.at(static_cast<size_t>(reader->labels(i).present[0]));
  for (const int count : counts) EXPECT_GT(count, 30);  // 50 a class on average: -3 standard deviations
}

std::string stl10_picture(int first) {
  std::string picture;
  for (int plane = 0; plane < 3; ++plane) {
    for (int x = 0; x < 96; ++x) {
      for (int y = 0; y < 96; ++y) picture += static_cast<char>(first + plane * 50 + x % 7 * 4 + y % 3);
    }
  }
  return picture;
}

TEST(Stl10, PlanesAreOfColumnsAndLabelsFromOne) {
  const TemporaryFolder folder;
  write_file(folder / "test_X.bin", stl10_picture(0) + stl10_picture(1));
  write_file(folder / "test_y.bin", "\x01\x0A");
  const auto reader = read_stl10(folder / "test_X.bin", folder / "test_y.bin");
  ASSERT_EQ(reader->size(), 2);
  EXPECT_THAT(reader->labels(0).present, ElementsAre(0));
  const LabelledPicture picture = reader->read(1);
  EXPECT_THAT(picture.labels.present, ElementsAre(9));
  const uint8_t* pixel = picture.image.pixels.data() + 3 * (96 * 2 + 5);  // x = 5, y = 2
  EXPECT_THAT(std::vector<int>(pixel, pixel + 3), ElementsAre(23, 73, 123));
}

TEST(Stl10, AFoldPicksPictures) {
  const TemporaryFolder folder;
  write_file(folder / "train_X.bin", stl10_picture(0) + stl10_picture(1) + stl10_picture(2));
  write_file(folder / "train_y.bin", "\x01\x02\x03");
  write_file(folder / "fold_indices.txt", "0 1 \n2 0 \n7\n");
  const auto open = [&](int fold) {
    return read_stl10(folder / "train_X.bin", folder / "train_y.bin", folder / "fold_indices.txt", fold);
  };
  const auto reader = open(1);
  ASSERT_EQ(reader->size(), 2);
  EXPECT_THAT(reader->labels(0).present, ElementsAre(2));
  EXPECT_EQ(reader->read(0).image.pixels[0], 2);
  EXPECT_THAT(error_of([&] { open(2); }).what(), HasSubstr("fold 2: picture 7 of 3"));
  EXPECT_THAT(error_of([&] { open(3); }).what(), HasSubstr("3 folds, expected more than 3"));
  write_file(folder / "train_y.bin", "\x01\x02");
  EXPECT_THAT(error_of([&] { open(0); }).what(), HasSubstr("3 pictures, but 2 labels"));
}

}  // namespace
}  // namespace clipkit
