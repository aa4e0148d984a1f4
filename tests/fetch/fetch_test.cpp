#include "clipkit/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "clipkit/error.h"
#include "fetch/published.h"
#include "fetch/test_server.h"

namespace clipkit {
namespace {

using testing::HasSubstr;

class Fetch : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "clipkit-fetch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ::setenv("CLIPKIT_CACHE", folder_.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("CLIPKIT_CACHE");
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
};

TEST_F(Fetch, KnowsNineCheckpointsWhoseUrlsCarryTheirDigest) {
  std::set<std::string> digests;
  for (const PublishedCheckpoint& checkpoint : published_checkpoints()) {
    EXPECT_EQ(checkpoint.sha256.size(), 64u);
    EXPECT_EQ(checkpoint.sha256.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(checkpoint.url,
              "https://openaipublic.azureedge.net/clip/models/" + checkpoint.sha256 + "/" + checkpoint.file);
    digests.insert(checkpoint.sha256);
  }
  EXPECT_EQ(digests.size(), 9u);
}

TEST_F(Fetch, UnderstandsEverySpellingOfAName) {
  for (const char* name : {"ViT-L/14@336px", "ViT-L-14-336px", "ViT-L-14-336px.pt", "vit-l/14@336PX"}) {
    ASSERT_NE(find_published(name), nullptr) << name;
    EXPECT_EQ(find_published(name)->file, "ViT-L-14-336px.pt");
  }
  EXPECT_EQ(find_published("ViT-L/14")->file, "ViT-L-14.pt");
  EXPECT_EQ(find_published(""), nullptr);
  EXPECT_EQ(find_published("RN50x5"), nullptr);
}

TEST_F(Fetch, ListsTheNamesWhenOneIsUnknown) {
  try {
    fetch("ViT-B/33");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("\"ViT-B/33\""));
    EXPECT_THAT(error.what(), HasSubstr("RN50x64, ViT-B/32"));
  }
}

TEST_F(Fetch, FindsCachedFilesByName) {
  EXPECT_TRUE(find_cached("RN50").empty());
  std::ofstream(folder_ / "RN50.pt") << "weights";
  EXPECT_EQ(find_cached("RN50"), folder_ / "RN50.pt");
  EXPECT_TRUE(find_cached("no such name").empty());
  std::filesystem::create_directory(folder_ / "RN101.pt");
  EXPECT_TRUE(find_cached("RN101").empty());
}

TEST_F(Fetch, ChoosesTheCacheFolderAsTheEnvironmentSays) {
  EXPECT_EQ(cache_folder(), folder_);
  ::setenv("CLIPKIT_CACHE", "relative/path", 1);
  ::setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(cache_folder(), "/somewhere/clipkit");
  ::unsetenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(cache_folder(), "/home/someone/.cache/clipkit");
  ::setenv("HOME", before.c_str(), 1);
}

TEST_F(Fetch, ReplacesADamagedFileAndChecksWhatTheMirrorSends) {
  std::ofstream(folder_ / "RN50.pt") << "damaged";
  TestServer mirror([](int64_t) { return TestServer::Answer{.body = "not the checkpoint either"}; });
  try {
    fetch("RN50", {.cache = folder_, .url = mirror.url(), .progress = {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr(find_published("RN50")->sha256));
  }
  EXPECT_EQ(mirror.requests().size(), 1u);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Fetch, ReportsACacheFolderThatCannotBeMade) {
  std::ofstream(folder_ / "file") << "in the way";
  try {
    fetch("RN50", {.cache = folder_ / "file" / "cache", .url = {}, .progress = {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_THAT(error.what(), HasSubstr("file/cache"));
  }
}

}  // namespace
}  // namespace clipkit
