#include "data/pair_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "data/made_pairs.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;
using testing::made_picture;
using testing::TemporaryFolder;

TEST(PairWriter, WhatItWritesIsReadBackTheSame) {
  const TemporaryFolder folder;
  std::vector<EncodedPair> pairs;
  for (int i = 0; i < 7; ++i) {
    EncodedPair pair{"x", made_picture(4, 4, i), {concat("caption of ", i)}, i % 2 == 0 ? R"({"id":7})" : ""};
    if (i % 3 == 0) pair.captions.emplace_back("another \"caption\"");
    pairs.push_back(pair);
  }
  PairWriter writer(folder / "s", {.samples = 3});
  for (const EncodedPair& pair : pairs) writer.add(pair);
  writer.commit();
  writer.commit();  // nothing more
  EXPECT_EQ(writer.num_samples(), 7);
  EXPECT_EQ(writer.num_shards(), 3);
  const auto found = open_pairs((folder / "s-{000000..000002}.tar").string());
  EXPECT_EQ(found->problems().summary(), "");
  ASSERT_EQ(found->size(), 7);
  EXPECT_EQ(found->shards()[2].size, 1);
  for (int i = 0; i < 7; ++i) {
    const EncodedPair pair = found->read(i);
    EXPECT_THAT(pair.name, HasSubstr(concat("/00000000", i)));
    EXPECT_EQ(pair.picture, pairs[static_cast<size_t>(i)].picture);
    EXPECT_EQ(pair.captions, pairs[static_cast<size_t>(i)].captions);
    EXPECT_EQ(pair.metadata.find("\"id\":7") != std::string::npos, i % 2 == 0);
  }
}

TEST(PairWriter, CaptionsThatMetadataOnceHadDoNotComeBack) {
  const TemporaryFolder folder;
  PairWriter writer(folder / "s");
  writer.add({"x", made_picture(4, 4, 0), {"kept"}, R"({"caption":"dropped","id":7})"});
  writer.add({"x", made_picture(4, 4, 0), {"kept"}, R"({"captions":["dropped","kept"]})"});
  writer.commit();
  const auto found = open_pairs((folder / "s-000000.tar").string());
  EXPECT_EQ(found->read(0).captions, std::vector<std::string>{"kept"});
  EXPECT_THAT(found->read(0).metadata, HasSubstr("\"id\":7"));
  EXPECT_EQ(found->read(1).captions, std::vector<std::string>{"kept"});
}

TEST(PairWriter, GoesOnBehindWhatIsWritten) {
  const TemporaryFolder folder;
  PairWriter writer(folder / "s", {}, {.shards = 2, .samples = 40});
  writer.add({"x", made_picture(4, 4, 0), {"caption"}});
  writer.commit();
  EXPECT_EQ(writer.num_shards(), 3);
  EXPECT_EQ(writer.num_samples(), 41);
  EXPECT_THAT(open_pairs((folder / "s-000002.tar").string())->name(0), HasSubstr("/000000040"));
}

TEST(PairWriter, EndsAShardThatReachesItsBytes) {
  const TemporaryFolder folder;
  PairWriter writer(folder / "s", {.bytes = 4096});
  for (int i = 0; i < 4; ++i) writer.add({"x", made_picture(20, 20, i), {"caption"}});  // 3072 bytes each
  writer.commit();
  EXPECT_EQ(writer.num_shards(), 2);
}

TEST(PairWriter, RefusesWhatCouldNotBeUsed) {
  const TemporaryFolder folder;
  PairWriter writer(folder / "s");
  EXPECT_THROW(writer.add({"x", made_picture(4, 4, 0), {}}), Error);
  EXPECT_THROW(writer.add({"x", "no picture", {"caption"}}), Error);
  EXPECT_THROW(writer.add({"x", made_picture(4, 4, 0), {"one", "two"}, "[1]"}), Error);
  writer.commit();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace clipkit
