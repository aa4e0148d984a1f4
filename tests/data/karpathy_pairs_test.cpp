#include "data/karpathy_pairs.h"

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

constexpr const char* kList = R"({"images": [
  {"sentids": [0, 1], "imgid": 0, "filename": "10.jpg", "filepath": "val2014", "split": "test", "cocoid": 5, "sentences":
    [{"tokens": ["a", "dog"], "raw": "A dog.", "imgid": 0, "sentid": 0}, {"raw": "A dog."}, {"raw": " "}]},
  {"imgid": 1, "filename": "11.jpg", "split": "train", "sentences": [{"raw": "A cat."}]},
  {"imgid": 2, "filename": "12.jpg", "filepath": "val2014", "split": "test", "sentences": []}],
  "dataset": "coco"})";

TEST(Karpathy, GivesTheSplitInTheOrderOfTheList) {
  const auto pictures = parse_karpathy(kList, "list", "test");
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_EQ(pictures[0].file, "val2014/10.jpg");
  EXPECT_THAT(pictures[0].captions, ElementsAre("A dog.", "A dog.")) << "repeated captions count";
  EXPECT_TRUE(pictures[1].captions.empty());
  EXPECT_EQ(parse_karpathy(kList, "list", "train")[0].file, "11.jpg");
}

TEST(Karpathy, NamesTheSplitsThatAreThere) {
  EXPECT_THAT(error_of([] { parse_karpathy(kList, "list", "val"); }).what(),
              HasSubstr(R"(but "test" (2), "train" (1))"));
}

TEST(Karpathy, RefusesOtherJsonAndNamesThatLeaveTheFolder) {
  EXPECT_THAT(error_of([] { parse_karpathy("[]", "list", "test"); }).what(), HasSubstr("no array \"images\""));
  EXPECT_THAT(error_of([] { parse_karpathy(R"({"images": [3]})", "list", "test"); }).what(), HasSubstr("no \"split\""));
  EXPECT_THAT(error_of([] { parse_karpathy(R"({"images": [{"split": "test"}]})", "list", "test"); }).what(),
              HasSubstr("no \"filename\""));
  for (const char* name : {"../x.jpg", "/x.jpg", "a/../../x.jpg"}) {
    const std::string json = R"({"images": [{"split": "test", "filename": ")" + std::string(name) + "\"}]}";
    EXPECT_THAT(error_of([&] { parse_karpathy(json, "list", "test"); }).what(), HasSubstr("outside of the folder"))
        << name;
  }
}

TEST(Karpathy, FindsListAndPicturesInAFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "images/val2014");
  write_file(folder / "dataset_coco.json", kList);
  EXPECT_THAT(error_of([&] { open_karpathy_pairs(folder.path(), "test"); }).what(), HasSubstr("neither in it nor"));
  write_file(folder / "images/val2014/10.jpg", "bytes");
  const auto pairs = open_karpathy_pairs(folder.path(), "test");
  ASSERT_EQ(pairs->size(), 1);
  EXPECT_EQ(pairs->read(0).picture, "bytes");
  EXPECT_EQ(pairs->name(0), "val2014/10.jpg");
  EXPECT_EQ(pairs->problems().count("pictures without a caption"), 1);
  EXPECT_EQ(open_karpathy_pairs(folder / "dataset_coco.json", "test")->size(), 1);

  write_file(folder / "dataset_other.json", kList);
  EXPECT_THAT(error_of([&] { open_karpathy_pairs(folder.path(), "test"); }).what(), HasSubstr("several lists"));
  EXPECT_THAT(error_of([&] { open_karpathy_pairs(folder / "images", "test"); }).what(),
              HasSubstr("no dataset_NAME.json"));
}

}  // namespace
}  // namespace clipkit
