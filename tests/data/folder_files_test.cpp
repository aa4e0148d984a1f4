#include "data/folder_files.h"

#include <gmock/gmock.h>

#include "base/file_writer.h"
#include "data/error_of.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using testing::TemporaryFolder;

TEST(FolderFiles, GivesWhatLiesInTheFolderItself) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a", ".hidden"}) std::filesystem::create_directories(folder / name);
  for (const char* name : {"2.tar", "1.TAR", "1.txt", "a/3.tar"}) write_file(folder / name, "");
  EXPECT_THAT(files_in(folder.path(), "tar"), ElementsAre((folder / "1.TAR").string(), (folder / "2.tar").string()));
  EXPECT_THAT(folders_in(folder.path()), ElementsAre("a", "b"));
  EXPECT_EQ(error_of([&] { files_in(folder / "none", "tar"); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { folders_in(folder / "1.txt"); }).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace clipkit
