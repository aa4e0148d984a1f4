#include "data/sets/labelled_tar.h"

#include <gmock/gmock.h>

#include "base/file_writer.h"
#include "data/error_of.h"
#include "data/made_pairs.h"
#include "data/tar_testing.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string sample(const std::string& key, const std::string& label, int width) {
  return raw_member({key + ".ppm", made_picture(width, 3, 1)}) + raw_member({key + ".cls", label});
}

class LabelledTar : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, content);
  }
  TemporaryFolder folder_;
};

TEST_F(LabelledTar, ReadsClipBenchmarksLayout) {
  put("classnames.txt", "cat\n dog \n\n");
  put("zeroshot_classification_templates.txt", "a photo of a {c}.\na {}\n");
  put("test/nshards.txt", "2\n");
  put("test/0.tar", sample("s0000000", "1", 4) + sample("s0000001", "0\n", 5) + kTarEnd);
  put("test/1.tar", sample("s0000002", "1", 6) + kTarEnd);
  put("train/nshards.txt", "1");
  put("train/0.tar", sample("s0000000", "0", 7) + kTarEnd);
  const LabelledSet set = open_labelled_set(folder_.path().string());
  EXPECT_EQ(set.key, "tar");
  EXPECT_THAT(set.classes, ElementsAre(ElementsAre("cat"), ElementsAre("dog")));
  EXPECT_THAT(set.templates, ElementsAre("a photo of a {}.", "a {}"));
  EXPECT_THAT(set.splits, ElementsAre("test", "train"));
  EXPECT_EQ(set.folds[0].train, "train");
  ASSERT_EQ(set.reader->size(), 3);
  EXPECT_THAT(set.reader->labels(1).present, ElementsAre(0));
  const LabelledPicture last = set.reader->read(2);
  EXPECT_THAT(last.name, HasSubstr("test/1.tar/s0000002"));
  EXPECT_THAT(last.labels.present, ElementsAre(1));
  EXPECT_EQ(decode_picture(last).width, 6);
  EXPECT_EQ(set.reader->problems().summary(), "");
}

TEST_F(LabelledTar, ShardsInTheFolderAreSplitByTheirNames) {
  put("classes.txt", "cat\ndog\n");
  for (const char* name : {"pets-train-000010", "pets-train-000002", "contest-test-000000", "retrained"}) {
    put(concat(name, ".tar"), sample("a", "1", 4) + kTarEnd);
  }
  const TarFolder found = find_tar_folder(folder_.path());
  EXPECT_EQ(found.splits.size(), 3u);
  EXPECT_EQ(found.splits.at("all").size(), 1u);
  EXPECT_THAT(found.splits.at("test"), ElementsAre(HasSubstr("contest-test"))) << "a word, wherever it stands";
  EXPECT_THAT(found.splits.at("train")[0], HasSubstr("000002"));
}

TEST_F(LabelledTar, CountsWhatItLeavesOut) {
  put("classes.txt", "cat\ndog\n");
  put("a.tar", raw_member({"1.ppm", "x"}) + raw_member({"2.cls", "0"}) + sample("3", "1", 4) +
                   raw_member({.name = "4.ppm", .type = '2'}) + raw_member({"../5.ppm", "x"}) + kTarEnd);
  const LabelledSet set = open_labelled_set(folder_.path().string());
  EXPECT_EQ(set.reader->size(), 1);
  EXPECT_EQ(set.reader->problems().count("pictures without a label"), 1);
  EXPECT_EQ(set.reader->problems().count("labels without a picture"), 1);
  EXPECT_EQ(set.reader->problems().count("members refused"), 2);
}

TEST_F(LabelledTar, AnArchiveBesideClassFoldersIsNoShard) {
  put("pictures.tar", sample("1", "1", 4) + kTarEnd);
  put("cat/1.ppm", made_picture(4, 3, 1));
  EXPECT_EQ(open_labelled_set(folder_.path().string()).key, "folder");
  put("classes.txt", "cat\ndog\n");
  EXPECT_EQ(open_labelled_set(folder_.path().string()).key, "tar");
}

TEST_F(LabelledTar, SaysWhatIsWrong) {
  const auto error = [&] { return error_of([&] { open_labelled_set(folder_.path().string()); }); };
  put("test/nshards.txt", "2\n");
  put("test/0.tar", sample("1", "2", 4) + kTarEnd);
  EXPECT_EQ(error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(error().what(), HasSubstr("nshards.txt counts 2 shards, 1 are there"));
  put("test/nshards.txt", "one\n");
  EXPECT_THAT(error().what(), HasSubstr("\"one\" is no whole number"));
  put("test/nshards.txt", "1\n");
  EXPECT_THAT(error().what(), HasSubstr("without names of classes"));
  put("classnames.txt", "cat\ndog\n");
  EXPECT_THAT(error().what(), HasSubstr("split test: picture 0 has label 2 of 2 classes"));
  put("test/0.tar", sample("1", "cat", 4) + kTarEnd);
  EXPECT_THAT(error().what(), HasSubstr("test/0.tar/1.cls: \"cat\" is no whole number"));
  for (const char* label : {"-1", "", " ", "99999999999", "1\n2"}) {
    put("test/0.tar", sample("1", label, 4) + kTarEnd);
    EXPECT_EQ(error().code(), ErrorCode::kCorrupt) << label;
  }
  put("test/0.tar", sample("1", "1", 4).substr(0, 600));
  EXPECT_THAT(error().what(), HasSubstr("truncated"));
  put("test/0.tar", sample("1", "1", 4) + kTarEnd);
  put("zeroshot_classification_templates.txt", "a photo\n");
  EXPECT_THAT(error().what(), HasSubstr("the template \"a photo\" has no {c}"));
  put("zeroshot_classification_templates.txt", "");
  put("dataset_type.txt", "retrieval\n");
  EXPECT_THAT(error().what(), HasSubstr("dataset_type.txt says \"retrieval\""));
}

TEST_F(LabelledTar, ReadsTheSampleOfCifar10) {
  const auto folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/cifar10";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared/data";
  const LabelledSet set = open_labelled_set(folder.string());
  EXPECT_EQ(set.split, "test");
  EXPECT_THAT(set.splits, ElementsAre("test", "train"));
  ASSERT_EQ(set.reader->size(), 2000);
  std::vector<int> counts(10);
  for (int64_t i = 0; i < set.reader->size(); ++i) ++counts.at(static_cast<size_t>(set.reader->labels(i).present[0]));
  EXPECT_THAT(counts, ::testing::Each(200));
  EXPECT_EQ(decode_picture(set.reader->read(1999)).width, 32);
  EXPECT_EQ(open_labelled_set(folder.string(), "train").reader->size(), 10000);
}

}  // namespace
}  // namespace clipkit
