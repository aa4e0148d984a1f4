#include "data/sets/own_set.h"

#include <gmock/gmock.h>

#include "base/file_writer.h"
#include "data/error_of.h"
#include "data/labelled_set.h"
#include "data/made_pairs.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::made_picture;
using testing::TemporaryFolder;

class OwnSet : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, content);
  }
  std::string path(const std::string& name = "") const { return (folder_ / name).string(); }
  TemporaryFolder folder_;
};

TEST_F(OwnSet, ClassFoldersAreClassesByName) {
  put("set/zebra_crossing/b.ppm", made_picture(4, 3, 1));
  put("set/zebra_crossing/a.ppm", made_picture(5, 3, 2));
  put("set/zebra_crossing/readme.md", "no picture");
  put("set/apple/deep/c.ppm", made_picture(6, 3, 3));
  const LabelledSet set = open_labelled_set(path("set"));
  EXPECT_EQ(set.key, "folder");
  EXPECT_EQ(set.title, "set");
  EXPECT_THAT(set.classes, ElementsAre(ElementsAre("apple"), ElementsAre("zebra crossing")));
  EXPECT_THAT(set.splits, ElementsAre("all"));
  EXPECT_EQ(set.folds[0].test, "all");
  EXPECT_EQ(set.folds[0].train, "");
  ASSERT_EQ(set.reader->size(), 3);
  EXPECT_EQ(set.reader->read(0).name, "apple/deep/c.ppm");
  EXPECT_THAT(set.reader->labels(1).present, ElementsAre(1));
  const LabelledPicture second = set.reader->read(1);
  EXPECT_EQ(second.name, "zebra_crossing/a.ppm");
  EXPECT_THAT(second.labels.present, ElementsAre(1));
  EXPECT_EQ(decode_picture(second).width, 5);
}

TEST_F(OwnSet, ThePathMayFollowTheKind) {
  put("set:1/a/1.ppm", made_picture(4, 3, 1));
  EXPECT_EQ(open_labelled_set("folder:" + path("set:1")).reader->size(), 1);
  EXPECT_EQ(open_labelled_set(path("set:1")).reader->size(), 1);
}

TEST_F(OwnSet, FoldersCalledTrainAndTestAreSplits) {
  for (const char* name : {"train/a/1.ppm", "train/b/2.ppm", "valid/a/3.ppm", "valid/b/4.ppm"}) {
    put(concat("set/", name), made_picture(4, 3, 1));
  }
  const LabelledSet set = open_labelled_set(path("set"));
  EXPECT_THAT(set.splits, ElementsAre("train", "val"));
  EXPECT_EQ(set.split, "val");
  EXPECT_EQ(set.folds[0].train, "train");
  EXPECT_EQ(set.reader->read(0).name, "a/3.ppm");
  EXPECT_EQ(open_labelled_set(path("set"), "train").reader->read(1).name, "b/2.ppm");
  const Error error = error_of([&] { open_labelled_set(path("set"), "test"); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("there is no split \"test\" in it, there are train, val"));
}

TEST_F(OwnSet, AnEmptyOrMissingClassIsAnError) {
  for (const char* name : {"train/a/1.ppm", "train/b/2.ppm", "test/a/3.ppm"}) {
    put(concat("set/", name), made_picture(4, 3, 1));
  }
  EXPECT_EQ(error_of([&] { open_labelled_set(path("set")); }).code(), ErrorCode::kNotFound);
  put("set/test/b/readme.md", "");
  const Error error = error_of([&] { open_labelled_set(path("set")); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("the class \"b\" is empty"));
  std::filesystem::create_directories(path("nothing"));
  EXPECT_THAT(error_of([&] { open_labelled_set(path("nothing")); }).what(), HasSubstr("there is no class in it"));
}

TEST_F(OwnSet, ASplitIsOneFolder) {
  for (const char* name : {"train/a/1.ppm", "val/a/2.ppm", "valid/a/3.ppm"}) {
    put(concat("set/", name), made_picture(4, 3, 1));
  }
  EXPECT_THAT(error_of([&] { open_labelled_set(path("set")); }).what(),
              HasSubstr("several folders are the split val, one of them \"valid\""));
}

TEST_F(OwnSet, CsvNamesPicturesLabelsAndPerhapsSplits) {
  put("a.ppm", made_picture(4, 3, 1));
  put("sub/b.ppm", made_picture(5, 3, 1));
  put("list.csv", "path,label,split\na.ppm,dog,train\nsub/b.ppm,cat,test\na.ppm,dog,test\n");
  const LabelledSet set = open_labelled_set(path("list.csv"));
  EXPECT_EQ(set.key, "csv");
  EXPECT_THAT(set.classes, ElementsAre(ElementsAre("cat"), ElementsAre("dog")));
  EXPECT_THAT(set.splits, ElementsAre("test", "train"));
  EXPECT_EQ(set.folds[0].train, "train");
  ASSERT_EQ(set.reader->size(), 2);
  EXPECT_EQ(decode_picture(set.reader->read(0)).width, 5);
  EXPECT_THAT(set.reader->labels(1).present, ElementsAre(1));
}

TEST_F(OwnSet, CsvLabelsMayBeNumbersOfAClassFile) {
  put("numbers.csv", "filename;class\na.ppm;10\na.ppm;9\n");
  EXPECT_THAT(open_labelled_set(path("numbers.csv")).classes, ElementsAre(ElementsAre("9"), ElementsAre("10")));
  // No order by "numbers as numbers, words as words" alone: 9 < 10 < 1a < 9.
  put("mixed.csv", "filename;class\na.ppm;1a\na.ppm;10\na.ppm;1\na.ppm;9\na.ppm;01\na.ppm;1\n");
  EXPECT_THAT(open_labelled_set(path("mixed.csv")).classes,
              ElementsAre(ElementsAre("01"), ElementsAre("1"), ElementsAre("9"), ElementsAre("10"), ElementsAre("1a")));
  put("named/classes.txt", "cat\r\ndog\r\n");
  put("named/list.csv", "filename,class\na.ppm,1\na.ppm,cat\n");
  const LabelledSet set = open_labelled_set(path("named/list.csv"));
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(1));
  EXPECT_THAT(set.reader->labels(1).present, ElementsAre(0));
  put("named/wrong.csv", "filename,class\na.ppm,1\na.ppm,2\n");
  const Error error = error_of([&] { open_labelled_set(path("named/wrong.csv")); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("row 2: label \"2\" of 2 classes"));
}

TEST_F(OwnSet, SaysWhatIsWrongWithAList) {
  put("columns.csv", "picture,label\na.ppm,1\n");
  EXPECT_THAT(error_of([&] { open_labelled_set(path("columns.csv")); }).what(),
              HasSubstr("there are \"picture\", \"label\""));
  put("length.csv", "path,label\na.ppm\n");
  EXPECT_THAT(error_of([&] { open_labelled_set(path("length.csv")); }).what(),
              HasSubstr("row 1: 1 fields, the header has 2"));
  put("unlabelled.csv", "path,label\na.ppm,1\nb.ppm,\n");
  EXPECT_THAT(error_of([&] { open_labelled_set(path("unlabelled.csv")); }).what(), HasSubstr("row 2: no label"));
  put("outside.csv", "path,label\n../a.ppm,1\n");
  EXPECT_THAT(error_of([&] { open_labelled_set(path("outside.csv")); }).what(), HasSubstr("not inside the folder"));
  EXPECT_EQ(error_of([&] { open_labelled_set(path("none")); }).code(), ErrorCode::kNotFound);
  put("set.zip", "");
  EXPECT_EQ(error_of([&] { open_labelled_set(path("set.zip")); }).code(), ErrorCode::kUnsupported);
}

TEST_F(OwnSet, UnreadablePicturesAreErrorsOfTheirOwn) {
  put("set/a/1.ppm", "P6 4 4 255\nshort");
  put("set/a/2.ppm", "");
  const LabelledSet set = open_labelled_set(path("set"));
  EXPECT_THAT(error_of([&] { decode_picture(set.reader->read(0)); }).what(), HasSubstr("a/1.ppm: "));
  EXPECT_THAT(error_of([&] { decode_picture(set.reader->read(1)); }).what(), HasSubstr("a/2.ppm: "));
}

}  // namespace
}  // namespace clipkit
