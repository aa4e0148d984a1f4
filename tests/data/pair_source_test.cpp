#include "data/pair_source.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/concat.h"
#include "base/file_writer.h"
#include "data/error_of.h"
#include "data/tar_writer.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

void write_shard(const std::filesystem::path& path, int samples) {
  TarWriter writer(path);
  for (int i = 0; i < samples; ++i) {
    writer.add(concat(i, ".jpg"), "picture");
    writer.add(concat(i, ".txt"), "caption");
  }
  writer.commit();
}

std::unique_ptr<PairSource> open_text(const TemporaryFolder& folder, const std::string& name, const std::string& text,
                                      const PairOptions& options = {}) {
  write_file(folder / "a.jpg", "A");
  write_file(folder / "b.jpg", "B");
  write_file(folder / name, text);
  return open_pairs((folder / name).string(), options);
}

TEST(PairSource, ReadsOpenClipsCsvFiles) {
  const TemporaryFolder folder;
  const auto tabs = open_text(folder, "list.csv", "filepath\ttitle\na.jpg\tone, two\n\nb.jpg\tthree\n");
  ASSERT_EQ(tabs->size(), 2);
  EXPECT_EQ(tabs->read(0).picture, "A");
  EXPECT_THAT(tabs->read(0).captions, ElementsAre("one, two"));
  EXPECT_EQ(tabs->read(1).name, "b.jpg");
  EXPECT_EQ(tabs->name(1), "b.jpg");

  const auto commas = open_text(folder, "list.csv", "\xEF\xBB\xBFid,text,file\r\n1,\"one, \"\"two\"\"\",a.jpg\r\n",
                                {.picture_key = "file", .caption_key = "text"});
  ASSERT_EQ(commas->size(), 1);
  EXPECT_THAT(commas->read(0).captions, ElementsAre("one, \"two\""));
  const auto chosen = open_text(folder, "list.csv", "filepath;title\na.jpg;\ttab, comma\n", {.separator = ';'});
  EXPECT_THAT(chosen->read(0).captions, ElementsAre("tab, comma"));
  const auto absolute = open_text(folder, "list.tsv", "filepath\ttitle\n" + (folder / "b.jpg").string() + "\tx\n");
  EXPECT_EQ(absolute->read(0).picture, "B");
}

TEST(PairSource, CountsRecordsWhosePictureIsMissingBeforeTraining) {
  const TemporaryFolder folder;
  const auto pairs = open_text(folder, "list.csv",
                               "filepath,title\na.jpg,x\nlost1.jpg,x\nlost2.jpg,x\na.jpg, \n,x\na.jpg\n\"a.jpg,x\n");
  EXPECT_EQ(pairs->size(), 1);
  EXPECT_EQ(pairs->problems().count("records whose picture file is missing"), 2);
  EXPECT_THAT(pairs->problems().summary(), HasSubstr("missing: 2 (\"lost1.jpg\", \"lost2.jpg\")"));
  EXPECT_EQ(pairs->problems().count("records without a caption"), 1);
  EXPECT_EQ(pairs->problems().count("records without a picture"), 1);
  EXPECT_EQ(pairs->problems().count("records that cannot be read"), 2);
  EXPECT_THAT(pairs->problems().summary(), HasSubstr("quote is never closed"));
}

TEST(PairSource, NamesTheColumnsThatACsvFileHas) {
  const TemporaryFolder folder;
  const Error error = error_of([&] { open_text(folder, "list.csv", "image,caption\na.jpg,x\n"); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("no column \"filepath\" in the header, there are \"image\", \"caption\""));
}

TEST(PairSource, ReadsJsonLines) {
  const TemporaryFolder folder;
  const auto pairs = open_text(folder, "list.jsonl",
                               "{\"filepath\": \"a.jpg\", \"title\": \"one\"}\r\n"
                               "{\"image\": \"b.jpg\", \"captions\": [\"two\", \"three\"], \"id\": 7}\n"
                               "\n{\"image\": 5}\n[1]\n{broken\n{\"image\": \"a.jpg\"}");
  ASSERT_EQ(pairs->size(), 2);
  EXPECT_THAT(pairs->read(0).captions, ElementsAre("one"));
  EXPECT_THAT(pairs->read(1).captions, ElementsAre("two", "three"));
  EXPECT_THAT(pairs->read(1).metadata, HasSubstr("\"id\": 7"));
  EXPECT_EQ(pairs->problems().count("records that cannot be read"), 2);
  EXPECT_EQ(pairs->problems().count("records without a picture"), 1);
  EXPECT_EQ(pairs->problems().count("records without a caption"), 1);

  const auto keyed = open_text(folder, "list.jsonl", R"({"file": "a.jpg", "text": "no", "alt": "yes"})",
                               {.picture_key = "file", .caption_key = "alt"});
  EXPECT_THAT(keyed->read(0).captions, ElementsAre("yes"));
}

TEST(PairSource, ReadsFoldersOfPicturesWithTextBeside) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "deep");
  write_file(folder / "a.jpg", "A");
  write_file(folder / "a-1.PNG", "A1");
  write_file(folder / "a-1.txt", "first\n\n second \n");
  write_file(folder / "a.txt", "only");
  write_file(folder / "deep/b.webp", "B");
  write_file(folder / "deep/b.txt", "deep");
  write_file(folder / "alone.jpg", "x");
  write_file(folder / "notes.txt", "x");
  write_file(folder / "empty.jpg", "x");
  write_file(folder / "empty.txt", " \n");
  const auto pairs = open_pairs(folder.path().string());
  ASSERT_EQ(pairs->size(), 4);
  EXPECT_EQ(pairs->name(0), "a.jpg");
  EXPECT_EQ(pairs->name(1), "a-1.PNG");
  EXPECT_THAT(pairs->read(1).captions, ElementsAre("first", "second"));
  EXPECT_EQ(pairs->read(2).picture, "B");
  EXPECT_THAT(error_of([&] { pairs->read(3); }).what(), HasSubstr("there is no caption"));
  EXPECT_EQ(pairs->problems().count("pictures without a caption"), 1);
  EXPECT_EQ(pairs->problems().count("captions without a picture"), 1);
}

TEST(PairSource, JoinsSourcesAndExpandsBraces) {
  const TemporaryFolder folder;
  for (int i = 0; i < 3; ++i) write_shard(folder / concat("s", i, ".tar"), i + 1);
  const std::string path = folder.path().string();
  EXPECT_EQ(open_pairs(path + "/s{0..2}.tar")->size(), 6);
  EXPECT_EQ(open_pairs(path)->size(), 6);  // a folder of shards
  const auto mixed = open_pairs(path + "/s{0,2}.tar::" + path + "/s1.tar", {.weights = {1, 2.5}});
  EXPECT_EQ(mixed->size(), 6);
  EXPECT_EQ(mixed->name(5), path + "/s1.tar/1");
  const auto shards = mixed->shards();
  ASSERT_EQ(shards.size(), 3u);
  EXPECT_EQ(shards[1].size, 3);
  EXPECT_EQ(shards[1].weight, 1);
  EXPECT_EQ(shards[2].weight, 2.5);
}

TEST(PairSource, SaysWhatIsWrongWithASource) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  const auto refuse = [&](const std::string& spec, PairOptions options = {}) {
    return error_of([&] { open_pairs(spec, options); });
  };
  EXPECT_EQ(refuse(path + "/missing.tar").code(), ErrorCode::kNotFound);
  EXPECT_EQ(refuse(path + "/missing.csv").code(), ErrorCode::kNotFound);
  EXPECT_EQ(refuse(path + "/missing").code(), ErrorCode::kNotFound);
  EXPECT_THAT(refuse(path).what(), HasSubstr("no usable image-text pair in it"));
  EXPECT_THAT(refuse(path + "/a.tar.gz").what(), HasSubstr("gunzip"));
  write_file(folder / "zipped.tar", "\x1F\x8B\x08 ...");
  EXPECT_THAT(refuse(path + "/zipped.tar").what(), HasSubstr("gunzip"));
  write_file(folder / "half.tar", "not a tar file");
  EXPECT_THAT(refuse(path + "/half.tar").what(), HasSubstr("truncated"));
  write_file(folder / "list.csv", "filepath,title\nlost.jpg,x\n");
  EXPECT_THAT(refuse(path + "/list.csv").what(),
              HasSubstr("no usable image-text pair in it: records whose picture file is missing: 1 (\"lost.jpg\")"));
  write_file(folder / "a.parquet", "x");
  EXPECT_EQ(refuse(path + "/a.parquet").code(), ErrorCode::kUnsupported);
  write_shard(folder / "good.tar", 1);
  const std::string good = path + "/good.tar";
  EXPECT_THAT(refuse(good + "::").what(), HasSubstr("an empty name"));
  EXPECT_THAT(refuse("").what(), HasSubstr("an empty name"));
  EXPECT_THAT(refuse(good, {.weights = {1, 1}}).what(), HasSubstr("2 weights for 1 sources"));
  EXPECT_THAT(refuse(good, {.weights = {0}}).what(), HasSubstr("weight 0"));
  EXPECT_THAT(refuse(path + "/{a,b}.csv").what(), HasSubstr("braces are for .tar files"));
}

}  // namespace
}  // namespace clipkit
