#include "data/tar_pairs.h"

#include <gmock/gmock.h>

#include "base/file_writer.h"
#include "data/error_of.h"
#include "data/tar_testing.h"
#include "data/tar_writer.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::kTarEnd;
using testing::raw_member;
using testing::TemporaryFolder;

std::unique_ptr<PairSource> open_bytes(const TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "s.tar", bytes);
  return open_tar_pairs({(folder / "s.tar").string()}, {});
}

TEST(TarPairs, ReadsWhatTarWriterWrote) {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  for (int shard = 0; shard < 3; ++shard) {
    paths.push_back((folder / concat("s", shard, ".tar")).string());
    TarWriter writer(paths.back());
    for (int i = 0; i < shard; ++i) {  // the first shard is empty
      const std::string key = concat("folder.x/", shard, i);
      writer.add(key + ".jpg", std::string(static_cast<size_t>(700 * i), 'x') + key);
      writer.add(key + ".cls", "7");
      writer.add(key + ".txt", " caption of " + key + "\n");
    }
    writer.commit();
  }
  const auto pairs = open_tar_pairs(paths, {});
  ASSERT_EQ(pairs->size(), 3);
  EXPECT_EQ(pairs->problems().summary(), "");
  EXPECT_EQ(pairs->shards().size(), 3u);
  EXPECT_EQ(pairs->shards()[2].size, 2);
  const EncodedPair pair = pairs->read(2);
  EXPECT_EQ(pair.name, paths[2] + "/folder.x/21");
  EXPECT_EQ(pairs->name(2), pair.name);
  EXPECT_EQ(pair.picture, std::string(700, 'x') + "folder.x/21");
  EXPECT_THAT(pair.captions, ElementsAre("caption of folder.x/21"));
  EXPECT_EQ(pairs->read(0).picture, "folder.x/10");
  EXPECT_THROW(pairs->read(3), Error);
  EXPECT_THROW(pairs->read(-1), Error);
}

TEST(TarPairs, JoinsCaptionsOfTextAndJson) {
  const TemporaryFolder folder;
  const auto pairs = open_bytes(
      folder, raw_member({"a.png", "p"}) + raw_member({"a.txt", "two"}) +
                  raw_member({"a.json", R"({"captions": ["one", "two", " ", 3, "three"], "caption": "no"})"}) +
                  raw_member({"b.JPG", "p"}) + raw_member({"b.json", R"({"caption": "single"})"}) +
                  raw_member({"c.webp", "p"}) + raw_member({"c.json", R"({"url": "x"})"}) + raw_member({"d.gif", "p"}) +
                  raw_member({"d.txt", "good"}) + raw_member({"d.json", "{\"x\": NaN}"}) + raw_member({"e.bmp", "p"}) +
                  raw_member({"e.json", "{"}) + kTarEnd);
  ASSERT_EQ(pairs->size(), 5);
  EXPECT_THAT(pairs->read(0).captions, ElementsAre("two", "one", "three"));
  EXPECT_THAT(pairs->read(0).metadata, HasSubstr("captions"));
  EXPECT_THAT(pairs->read(1).captions, ElementsAre("single"));
  EXPECT_THAT(error_of([&] { pairs->read(2); }).what(), HasSubstr("there is no caption in its .txt or .json"));
  EXPECT_THAT(pairs->read(3).captions, ElementsAre("good"));
  EXPECT_THAT(error_of([&] { pairs->read(4); }).what(), HasSubstr("not valid JSON"));
}

TEST(TarPairs, CountsWhatIsIncompleteTwiceOrRefused) {
  const TemporaryFolder folder;
  const auto pairs =
      open_bytes(folder, raw_member({"a.jpg", "1"}) + raw_member({"b.txt", "2"}) +      // halves
                             raw_member({"c.jpg", "3"}) + raw_member({"c.txt", "3"}) +  //
                             raw_member({"c.jpg", "4"}) + raw_member({"c.txt", "4"}) +  // again
                             raw_member({"d.jpg", "5"}) + raw_member({"d.pkl", "evil"}) + raw_member({"d.txt", "5"}) +
                             raw_member({"e.jpg", "", '2'}) + raw_member({"e.txt", "6"}) +  // a link
                             raw_member({".hidden", "x"}) + raw_member({"README", "x"}) + kTarEnd);
  ASSERT_EQ(pairs->size(), 3);
  EXPECT_EQ(pairs->read(0).picture, "3");
  EXPECT_EQ(pairs->read(1).picture, "4");
  EXPECT_EQ(pairs->read(2).picture, "5");
  const PairProblems& problems = pairs->problems();
  EXPECT_EQ(problems.count("pictures without a caption"), 1);
  EXPECT_EQ(problems.count("captions without a picture"), 2);
  EXPECT_EQ(problems.count("samples with the key of another in their shard"), 1);
  EXPECT_EQ(problems.count("members refused"), 2);
  EXPECT_THAT(problems.summary(), HasSubstr("\"d.pkl\""));
  EXPECT_THAT(problems.summary(), HasSubstr("a link"));
}

TEST(TarPairs, ATruncatedShardGivesWhatStandsBefore) {
  const TemporaryFolder folder;
  const std::string whole = raw_member({"a.jpg", "1"}) + raw_member({"a.txt", "x"}) + raw_member({"b.jpg", "2"}) +
                            raw_member({"b.txt", std::string(900, 'y')});
  for (const size_t cut : {size_t{600}, size_t{1}}) {
    const auto pairs = open_bytes(folder, whole.substr(0, whole.size() - cut));
    // Without the last byte of the last member's padding nothing is lost.
    EXPECT_EQ(pairs->size(), cut == 1 ? 2 : 1);
    EXPECT_EQ(pairs->read(pairs->size() - 1).picture, cut == 1 ? "2" : "1");
    EXPECT_EQ(pairs->problems().count("damaged shards"), 1);
    EXPECT_THAT(pairs->problems().summary(), HasSubstr("truncated"));
  }
}

TEST(TarPairs, KeysEndAtTheFirstDotOfTheLastPart) {
  EXPECT_EQ(split_tar_name("a.b/c.d.JPG").key, "a.b/c");
  EXPECT_EQ(split_tar_name("a.b/c.d.JPG").kind, "d.jpg");
  for (const char* name : {"plain", ".hidden", "a.b/.hidden", "a.b/plain", ""}) {
    EXPECT_EQ(split_tar_name(name).key, "") << name;
  }
}

TEST(TarPairs, ReadsAllSharedCaptionShards) {
  const std::filesystem::path folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/captions";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the shared captions are not there";
  const auto pairs = open_pairs(folder.string());
  EXPECT_EQ(pairs->size(), 4998 + 796);
  EXPECT_EQ(pairs->problems().summary(), "");
  for (int64_t i = 0; i < pairs->size(); ++i) {
    const EncodedPair pair = pairs->read(i);
    const bool flickr = pair.name.find("flickr8k") != std::string::npos;
    // Five captions a photo, of which two may be the same.
    EXPECT_GE(pair.captions.size(), flickr ? 2u : 1u) << pair.name;
    EXPECT_LE(pair.captions.size(), flickr ? 5u : 1u) << pair.name;
    EXPECT_FALSE(pair.metadata.empty());
    EXPECT_TRUE(pair.picture.starts_with("\xFF\xD8\xFF") || pair.picture.starts_with("\x89PNG")) << pair.name;
  }
}

}  // namespace
}  // namespace clipkit
