#include "data/tar_scanner.h"

#include <gmock/gmock.h>

#include "data/error_of.h"
#include "data/tar_testing.h"

namespace clipkit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::kTarEnd;
using testing::pax_record;
using testing::raw_member;

std::vector<TarMember> members_of(const std::string& bytes) {
  std::vector<TarMember> members;
  TarScanner scanner(tar_bytes(bytes), "test.tar");
  TarMember member;
  while (scanner.next(member)) members.push_back(member);
  return members;
}

Error refuse(const std::string& bytes) {
  return error_of([&] { members_of(bytes); });
}

TEST(TarScanner, FindsMembersWithTheirPlaces) {
  const std::string first = raw_member({"a.jpg", std::string(600, 'x')});
  const std::string bytes = first + raw_member({"a.txt", "caption"}) + kTarEnd;
  const auto members = members_of(bytes);
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].name, "a.jpg");
  EXPECT_EQ(members[0].offset, 512);
  EXPECT_EQ(members[0].size, 600);
  EXPECT_EQ(members[1].begin, static_cast<int64_t>(first.size()));
  EXPECT_EQ(bytes.substr(static_cast<size_t>(members[1].offset), 7), "caption");
}

TEST(TarScanner, ReadsUstarPrefixesGnuNamesAndPaxRecords) {
  const std::string name = std::string(200, 'd') + "/000001.jpg";
  const auto members =
      members_of(raw_member({"b.jpg", "1", '0', "", "folder"}) +            //
                 raw_member({"c.jpg", "1", '0', "", "atime", "ustar  "}) +  // GNU keeps other things there
                 raw_member({"././@LongLink", name + '\0', 'L'}) + raw_member({"cut", "1"}) +  //
                 raw_member({"pax", pax_record("mtime", "1.5") + pax_record("path", name), 'x'}) +
                 raw_member({"cut", "1"}) + raw_member({"global", pax_record("comment", "x"), 'g'}) +
                 raw_member({"v7.jpg", "12", '\0', "", "", ""}) + kTarEnd);
  ASSERT_EQ(members.size(), 5u);
  EXPECT_EQ(members[0].name, "folder/b.jpg");
  EXPECT_EQ(members[1].name, "c.jpg");
  EXPECT_EQ(members[2].name, name);
  EXPECT_EQ(members[2].offset - members[2].begin, 1536);
  EXPECT_EQ(members[3].name, name);
  EXPECT_EQ(members[4].name, "v7.jpg");
}

TEST(TarScanner, ReadsSizesThatOctalDigitsCannotHold) {
  // A member of 5 bytes whose size is written in binary, and one whose size pax gives.
  const std::string binary = std::string("\x80\0\0\0\0\0\0\0\0\0\0\5", 12);
  const auto members =
      members_of(raw_member({"a.jpg", "12345", '0', binary}) + raw_member({"pax", pax_record("size", "6"), 'x'}) +
                 raw_member({"b.jpg", "123456", '0', "00000000000"}) + kTarEnd);
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].size, 5);
  EXPECT_EQ(members[1].size, 6);
}

TEST(TarScanner, PassesOverFoldersAndSaysWhatItRefuses) {
  const auto members =
      members_of(raw_member({"folder/", "", '5'}) + raw_member({"old/", "", '\0'}) + raw_member({"soft", "", '2'}) +
                 raw_member({"hard", "", '1'}) + raw_member({"device", "", '3'}) + raw_member({"fifo", "", '6'}) +
                 raw_member({"/etc/passwd", "x"}) + raw_member({"a/../../b.jpg", "x"}) + raw_member({"odd", "x", 'Z'}) +
                 raw_member({"pax", pax_record("GNU.sparse.major", "1"), 'x'}) + raw_member({"sparse", "x"}) + kTarEnd);
  std::vector<std::string> reasons;
  for (const TarMember& member : members) reasons.push_back(member.refused);
  EXPECT_EQ(reasons, (std::vector<std::string>{"a link", "a link", "a device", "a FIFO", "its name leaves the folder",
                                               "its name leaves the folder", "of an unknown type", "a sparse file"}));
}

TEST(TarScanner, EveryTruncationIsAnErrorThatSaysSo) {
  const std::string bytes = raw_member({"a.jpg", std::string(600, 'x')}) + raw_member({"b.txt", "caption"});
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const Error error = refuse(bytes.substr(0, size));
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("truncated"));
  }
  EXPECT_EQ(refuse(bytes).what(),
            std::string("test.tar: the tar file is truncated: it ends at byte 2560, without an end mark"));
}

TEST(TarScanner, RefusesCompressedFilesAndSaysHowToUnpackThem) {
  const Error error = refuse("\x1F\x8B\x08" + std::string(600, 'x'));
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("gunzip"));
  EXPECT_THAT(refuse("\x28\xB5\x2F\xFD....").what(), HasSubstr("unzstd"));
}

TEST(TarScanner, RefusesDamagedHeaders) {
  std::string wrong = raw_member({"a.jpg", "x"}) + raw_member({"b.jpg", "x"}) + kTarEnd;
  wrong[1024] = 'c';
  EXPECT_THAT(refuse(wrong).what(), HasSubstr("wrong checksum at byte 1024"));
  EXPECT_THAT(refuse(std::string(600, 'x')).what(), HasSubstr("no tar header"));
  EXPECT_THAT(refuse(raw_member({"a", "x", '0', "12x45"}) + kTarEnd).what(), HasSubstr("a size that is no number"));
  const std::string huge = std::string("\x80") + std::string(11, '\xFF');
  EXPECT_THAT(refuse(raw_member({"a", "x", '0', huge}) + kTarEnd).what(), HasSubstr("a size that is no number"));
  EXPECT_THAT(refuse(raw_member({"a", "x", '0', "77777777777"}) + kTarEnd).what(), HasSubstr("truncated"));
  EXPECT_THAT(refuse(raw_member({"L", "x", 'L', "00000777777"}) + std::string(1 << 20, '\0')).what(),
              HasSubstr("a long name of too many bytes"));
  for (const char* records : {"999 path=a\n", "x path=a\n", "8 path=a\n", "3 \n", "0 path=a\n", "7 patha\n"}) {
    EXPECT_THAT(refuse(raw_member({"pax", records, 'x'}) + kTarEnd).what(), HasSubstr("a pax header that is not one"))
        << records;
  }
  for (const char* size : {"-1", "1x", "", "99999999999999999999"}) {
    EXPECT_THAT(refuse(raw_member({"pax", pax_record("size", size), 'x'}) + kTarEnd).what(),
                HasSubstr("a pax size that is none"));
  }
}

}  // namespace
}  // namespace clipkit
