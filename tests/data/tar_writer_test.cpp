#include "data/tar_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "clipkit/error.h"
#include "data/tar_format.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::TemporaryFolder;

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& members) {
  const TemporaryFolder folder;
  TarWriter writer(folder / "a.tar");
  for (const auto& [name, content] : members) writer.add(name, content);
  writer.commit();
  return read_file(folder / "a.tar", 1 << 20);
}

TEST(TarWriter, WritesTheHeaderThatGnuTarWrites) {
  // tar --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -cf - hello.txt
  const std::string bytes = archive_of({{"hello.txt", "hello\n"}});
  ASSERT_EQ(bytes.size(), 4 * 512u);
  const auto at = [&](size_t offset, size_t size) { return bytes.substr(offset, size); };
  EXPECT_EQ(at(0, 10), std::string("hello.txt\0", 10));
  EXPECT_EQ(at(100, 24), std::string("0000644\0000000000\0000000000\0", 24));
  EXPECT_EQ(at(124, 24), std::string("00000000006\00000000000000\0", 24));
  EXPECT_EQ(at(156, 1), "0");
  EXPECT_EQ(at(257, 8), std::string("ustar\00000", 8));
  EXPECT_EQ(at(512, 7), std::string("hello\n\0", 7));
  EXPECT_EQ(at(1024, 1024), std::string(1024, '\0'));
}

TEST(TarWriter, TheTarProgramListsWhatWasWritten) {
  if (std::system("tar --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "there is no tar program";
  const TemporaryFolder folder;
  const std::string deep = std::string(150, 'd') + "/" + std::string(100, 'n');
  TarWriter writer(folder / "a.tar");
  writer.add("a/b.jpg", std::string(513, 'x'));
  writer.add(deep, "");
  writer.add("c.txt", "caption");
  writer.commit();
  const std::string command = "tar tf " + (folder / "a.tar").string() + " > " + (folder / "list").string() + " 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_file(folder / "list", 4096), "a/b.jpg\n" + deep + "\nc.txt\n");
}

TEST(TarWriter, TheSameMembersGiveTheSameBytes) {
  EXPECT_EQ(archive_of({{"a.jpg", "1"}, {"a.txt", "2"}}), archive_of({{"a.jpg", "1"}, {"a.txt", "2"}}));
}

TEST(TarWriter, RefusesNamesThatCouldNotBeReadBack) {
  const TemporaryFolder folder;
  TarWriter writer(folder / "a.tar");
  const std::string bad[] = {"",
                             "/etc/passwd",
                             "..",
                             "a/../b",
                             "a/",
                             std::string("a\0b", 3),
                             std::string(101, 'n'),
                             std::string(156, 'd') + "/n",
                             "d/" + std::string(101, 'n')};
  for (const std::string& name : bad) EXPECT_THROW(writer.add(name, ""), Error) << name;
  EXPECT_EQ(writer.bytes(), 0);
}

TEST(TarWriter, LeavesNothingBehindWithoutCommit) {
  const TemporaryFolder folder;
  { TarWriter(folder / "a.tar").add("a.jpg", "1"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace clipkit
