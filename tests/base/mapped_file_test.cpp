#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

ErrorCode open_error(const std::filesystem::path& path) {
  try {
    MappedFile::open(path);
  } catch (const Error& error) {
    EXPECT_EQ(std::string_view(error.what()).find(path.string()), 0u);
    return error.code();
  }
  ADD_FAILURE() << path << " was opened";
  return {};
}

TEST(MappedFile, ShowsTheBytes) {
  testing::TemporaryFolder folder;
  write_file(folder / "f", "hello");
  const auto file = MappedFile::open(folder / "f");
  ASSERT_EQ(file->bytes().size(), 5u);
  EXPECT_EQ(std::memcmp(file->bytes().data(), "hello", 5), 0);
  EXPECT_EQ(file->path(), folder / "f");
}

TEST(MappedFile, KeepsWhatWasThereWhenTheFileIsReplacedOrRemoved) {
  testing::TemporaryFolder folder;
  write_file(folder / "f", "old");
  const auto file = MappedFile::open(folder / "f");
  write_file(folder / "f", "new and longer");
  std::filesystem::remove(folder / "f");
  EXPECT_EQ(std::memcmp(file->bytes().data(), "old", 3), 0);
}

TEST(MappedFile, MapsAnEmptyFileToNothing) {
  testing::TemporaryFolder folder;
  write_file(folder / "f", "");
  EXPECT_TRUE(MappedFile::open(folder / "f")->bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  testing::TemporaryFolder folder;
  write_file(folder / "f", "x");
  EXPECT_EQ(open_error(folder / "nothing"), ErrorCode::kNotFound);
  EXPECT_EQ(open_error(folder / "f/below"), ErrorCode::kNotFound);
  EXPECT_EQ(open_error(folder.path()), ErrorCode::kIo);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(open_error(folder / "pipe"), ErrorCode::kIo) << "and does not wait for a writer";
}

}  // namespace
}  // namespace clipkit
