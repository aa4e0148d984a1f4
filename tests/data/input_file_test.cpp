#include "data/input_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/concat.h"
#include "base/file_writer.h"
#include "data/error_of.h"
#include "data/on_threads.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

TEST(InputFile, ReadsByPosition) {
  const TemporaryFolder folder;
  write_file(folder / "a", "0123456789");
  const auto file = InputFile::open(folder / "a");
  EXPECT_EQ(file->size(), 10);
  std::string part(3, ' ');
  file->read_at(6, part);
  EXPECT_EQ(part, "678");
  EXPECT_EQ(read_whole_file(folder / "a", 10), "0123456789");
  EXPECT_EQ(error_of([&] { read_whole_file(folder / "a", 9); }).code(), ErrorCode::kUnsupported);
}

TEST(InputFile, OpensRegularFilesAlone) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { InputFile::open(folder / "missing"); }).code(), ErrorCode::kNotFound);
  EXPECT_THAT(error_of([&] { InputFile::open(folder.path()); }).what(), HasSubstr("is a folder"));
  EXPECT_THAT(error_of([&] { InputFile::open(folder / "fifo"); }).what(), HasSubstr("is not a regular file"));
}

TEST(InputFile, SaysWhenTheFileHasBecomeShorter) {
  const TemporaryFolder folder;
  write_file(folder / "a", "0123456789");
  const auto file = InputFile::open(folder / "a");
  std::filesystem::resize_file(folder / "a", 5);
  std::string part(3, ' ');
  EXPECT_THAT(error_of([&] { file->read_at(4, part); }).what(), HasSubstr("ends at byte 5, it was 10 bytes long"));
}

TEST(InputFiles, KeepsALimitedNumberOpenForAllThreads) {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 600; ++i) {
    paths.push_back((folder / concat(i)).string());
    std::ofstream(paths.back()) << i;
  }
  const InputFiles files(paths);
  on_threads(3000, 4, [&](int64_t i) {
    const auto index = static_cast<size_t>(i * 37 % 600);
    const auto file = files.open(index);
    std::string text(static_cast<size_t>(file->size()), ' ');
    file->read_at(0, text);
    EXPECT_EQ(text, concat(index));
  });
  size_t num_open = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    num_open += std::filesystem::read_symlink(entry, gone).parent_path() == folder.path() ? 1 : 0;
  }
  EXPECT_LE(num_open, 256u);
  EXPECT_GE(num_open, 200u);
}

}  // namespace
}  // namespace clipkit
