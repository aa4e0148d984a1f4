#include "base/file_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iterator>

#include "clipkit/error.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::TemporaryFolder;

std::ptrdiff_t files_in(const TemporaryFolder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

TEST(FileWriter, ShowsTheFileOnlyWhenItIsWhole) {
  TemporaryFolder folder;
  write_file(folder / "f", "old");
  {
    FileWriter writer(folder / "f");
    writer.write("new");
    EXPECT_EQ(read_file(folder / "f", 100), "old");
    writer.commit();
    EXPECT_EQ(read_file(folder / "f", 100), "new");
  }
  EXPECT_EQ(files_in(folder), 1);
}

TEST(FileWriter, LeavesNothingBehindWithoutCommit) {
  TemporaryFolder folder;
  write_file(folder / "f", "old");
  {
    FileWriter writer(folder / "f");
    writer.write("new");
  }
  EXPECT_EQ(read_file(folder / "f", 100), "old");
  EXPECT_EQ(files_in(folder), 1);
}

// A rename would put a file in place of the device.
TEST(FileWriter, RefusesNamesOfDevicesAndFolders) {
  TemporaryFolder folder;
  EXPECT_THROW(FileWriter("/dev/null"), Error);
  EXPECT_THROW(FileWriter(folder.path()), Error);
  struct stat status = {};
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(FileWriter, WritesPiecesOfAnySizeInOrder) {
  TemporaryFolder folder;
  std::string expected;
  FileWriter writer(folder / "f");
  for (const size_t bytes :
       {size_t{0}, size_t{1}, size_t{1000}, size_t{3} << 20, size_t{7}, (size_t{1} << 20) - 7, size_t{2}}) {
    const std::string piece(bytes, static_cast<char>('a' + expected.size() % 26));
    EXPECT_EQ(writer.position(), expected.size());
    writer.write(piece);
    expected += piece;
  }
  writer.write_at(5, "12345", 5);
  expected.replace(5, 5, "12345");
  writer.write("end");
  writer.commit();
  EXPECT_TRUE(read_file(folder / "f", size_t{1} << 30) == expected + "end");
}

TEST(FileWriter, RefusesToOverwriteWhatIsNotWrittenYet) {
  TemporaryFolder folder;
  FileWriter writer(folder / "f");
  writer.write("abc");
  EXPECT_THROW(writer.write_at(2, "xy", 2), Error);
  EXPECT_THROW(writer.write_at(4, "", 0), Error);
  EXPECT_NO_THROW(writer.write_at(1, "xy", 2));
}

TEST(FileWriter, SaysWhyAFileCannotBeWritten) {
  TemporaryFolder folder;
  try {
    FileWriter writer(folder / "no such folder/f");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(std::string_view(error.what()).find("no such folder"), std::string_view::npos);
  }
  // A folder in the place of the file: found when the file is put there.
  std::filesystem::create_directory(folder / "taken");
  EXPECT_THROW(write_file(folder / "taken", "x"), Error);
  EXPECT_EQ(files_in(folder), 1);
}

TEST(FileWriter, SeveralWritersOfOneFileDoNotMix) {
  TemporaryFolder folder;
  FileWriter first(folder / "f"), second(folder / "f");
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  EXPECT_EQ(read_file(folder / "f", 100), "first");
}

TEST(ReadFile, RefusesFilesOverTheLimit) {
  TemporaryFolder folder;
  write_file(folder / "f", "12345");
  EXPECT_EQ(read_file(folder / "f", 5), "12345");
  try {
    read_file(folder / "f", 4);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

}  // namespace
}  // namespace clipkit
