#include "checkpoint/zip.h"

#include "checkpoint/testing.h"
#include "checkpoint/zip_writer.h"

namespace clipkit {
namespace {

using testing::error_of;
using testing::memory_source;
using testing::zip_file;
using testing::ZipEntry;
using testing::ZipOptions;

testing::Caught refuse_zip(const std::string& bytes) {
  const ByteSource source = memory_source(bytes);
  return error_of([&] { ZipArchive archive(source); });
}
// Opens the archive and reads one entry of it.
testing::Caught refuse_entry(const std::string& bytes, std::string_view name) {
  const ByteSource source = memory_source(bytes);
  const ZipArchive archive(source);
  return error_of([&] { archive.bytes_of(name); });
}

TEST(Zip, ReadsStoredEntriesWithAndWithoutZip64Records) {
  for (const bool zip64 : {false, true}) {
    const ByteSource source =
        memory_source(zip_file({{"a", "hello"}, {"b/c", ""}, {"wide", "big", 0, 0, -1, -1, true}}, {.zip64 = zip64}));
    const ZipArchive archive(source);
    EXPECT_EQ(archive.names(), (std::vector<std::string_view>{"a", "b/c", "wide"}));
    EXPECT_EQ(archive.bytes_of("a"), "hello");
    EXPECT_EQ(archive.bytes_of("b/c"), "");
    EXPECT_EQ(archive.bytes_of("wide"), "big");
    EXPECT_EQ((archive.bytes_of("a").data() - source.text().data()) % 64, 0);
    EXPECT_FALSE(archive.contains("missing"));
  }
}

TEST(Zip, FindsTheEndRecordBeforeAComment) {
  const ByteSource source = memory_source(zip_file({{"a", "hello"}}, {.comment = "PK\x05\x06 is no end record here"}));
  EXPECT_EQ(ZipArchive(source).bytes_of("a"), "hello");
}

TEST(Zip, ReadsAnEmptyArchive) {
  const ByteSource source = memory_source(zip_file({}));
  EXPECT_TRUE(ZipArchive(source).names().empty());
}

TEST(Zip, RefusesCompressedAndEncryptedEntriesWhenTheyAreRead) {
  const std::string file = zip_file({{"deflated", "hello", 8}, {"secret", "hello", 0, 1}, {"plain", "x"}});
  EXPECT_EQ(refuse_entry(file, "deflated").message,
            "test: zip entry \"deflated\" is compressed (method 8), expected stored bytes as PyTorch writes them");
  EXPECT_EQ(refuse_entry(file, "secret").code, ErrorCode::kUnsupported);
  const ByteSource source = memory_source(file);
  EXPECT_EQ(ZipArchive(source).bytes_of("plain"), "x");
}

TEST(Zip, RefusesANameThatOccursTwice) {
  EXPECT_EQ(refuse_zip(zip_file({{"a", "1"}, {"a", "2"}})).message, "test: zip entry \"a\" occurs twice");
}

TEST(Zip, RefusesEntriesThatShareBytes) {
  // The bomb of many entries over one block of data.
  const std::string kernel(1000, 'x');
  std::vector<ZipEntry> entries{{"0", kernel}};
  for (int i = 1; i < 100; ++i) entries.push_back({std::to_string(i), "", 0, 0, 0, 1000});
  EXPECT_EQ(refuse_zip(zip_file(entries)).code, ErrorCode::kCorrupt);
  // And of an entry that reaches into the next.
  EXPECT_EQ(refuse_zip(zip_file({{"a", "12345678", 0, 0, -1, 500}, {"b", std::string(600, 'x')}})).code,
            ErrorCode::kCorrupt);
}

TEST(Zip, RefusesEntriesOutsideTheFile) {
  EXPECT_EQ(refuse_zip(zip_file({{"a", "hello", 0, 0, -1, 1'000'000}})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_zip(zip_file({{"a", "hello", 0, 0, 1'000'000}})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_zip(zip_file({{"a", "hello", 0, 0, -1, INT64_MAX, true}})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_zip(zip_file({{"a", "hello", 0, 0, INT64_MAX, -1, true}})).code, ErrorCode::kCorrupt);
}

TEST(Zip, RefusesALocalHeaderThatIsNotTheEntrys) {
  ZipEntry other{"a", "hello"};
  other.local_name = "b";
  EXPECT_EQ(refuse_entry(zip_file({other}), "a").code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_entry(zip_file({{"a", std::string(100, 'x'), 0, 0, 10, 20}}), "a").code, ErrorCode::kCorrupt);
}

TEST(Zip, RefusesADirectoryThatLies) {
  for (const bool zip64 : {false, true}) {
    for (const int64_t count : {0, 1, 3, 60'000, 70'000}) {
      const std::string file = zip_file({{"a", "1"}, {"b", "2"}}, {.zip64 = zip64, .num_entries = count});
      if (count <= 1) continue;  // fewer entries than there are: legal, the rest is not looked at
      EXPECT_NE(refuse_zip(file).message, "") << count;
    }
    EXPECT_EQ(refuse_zip(zip_file({{"a", "1"}}, {.zip64 = zip64, .directory = 5})).code, ErrorCode::kCorrupt);
    EXPECT_EQ(refuse_zip(zip_file({{"a", "1"}}, {.zip64 = zip64, .directory = 1'000'000})).code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(refuse_zip(zip_file({}, {.num_entries = INT64_MAX})).code, ErrorCode::kUnsupported);
}

TEST(Zip, RefusesAFileWithoutItsEndRecord) {
  const std::string file = zip_file({{"a", "hello"}});
  EXPECT_EQ(refuse_zip(file.substr(0, file.size() - 1)).message,
            "test: a zip archive without its end record; the file may be truncated");
  EXPECT_EQ(refuse_zip("PK\x03\x04").code, ErrorCode::kCorrupt);
  EXPECT_EQ(refuse_zip(file + "x").code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace clipkit
