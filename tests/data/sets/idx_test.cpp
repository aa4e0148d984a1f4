#include "data/sets/idx.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "base/file_writer.h"
#include "data/error_of.h"
#include "data/sets/gzip.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string idx(const std::vector<uint8_t>& shape, const std::string& bytes) {
  std::string file{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const uint8_t dimension : shape) file += std::string("\0\0\0", 3) + static_cast<char>(dimension);
  return file + bytes;
}

class Idx : public ::testing::Test {
 protected:
  std::unique_ptr<LabelledReader> open(const std::string& pictures, const std::string& labels) {
    write_file(folder_ / "images", pictures);
    write_file(folder_ / "labels", labels);
    return read_idx(folder_ / "images", folder_ / "labels");
  }
  TemporaryFolder folder_;
};

TEST_F(Idx, ReadsPicturesAndLabelsPlainAndPacked) {
  const std::string pictures = idx({2, 2, 3}, "abcdefghijkl"), labels = idx({2}, "\x04\x02");
  for (const bool packed : {false, true}) {
    const auto reader = open(packed ? gzipped(pictures) : pictures, packed ? gzipped(labels) : labels);
    ASSERT_EQ(reader->size(), 2);
    const LabelledPicture second = reader->read(1);
    EXPECT_EQ(second.name, "images, picture 1");
    EXPECT_THAT(second.labels.present, ElementsAre(2));
    EXPECT_EQ(second.image.mode, ImageMode::kGray);
    EXPECT_EQ(second.image.width, 3);
    EXPECT_EQ(second.image.height, 2);
    EXPECT_THAT(second.image.pixels, ElementsAre('g', 'h', 'i', 'j', 'k', 'l'));
  }
}

TEST_F(Idx, RefusesWhatItsHeaderDoesNotDescribe) {
  const std::string pictures = idx({2, 2, 3}, "abcdefghijkl"), labels = idx({2}, "\x04\x02");
  EXPECT_THAT(error_of([&] { open(labels, labels); }).what(), HasSubstr("no idx file of bytes in 3 dimensions"));
  EXPECT_THAT(error_of([&] { open("", labels); }).what(), HasSubstr("no idx file"));
  EXPECT_THAT(error_of([&] { open(pictures + "x", labels); }).what(), HasSubstr("longer than the 28 bytes"));
  EXPECT_THAT(error_of([&] { open(gzipped(pictures + "x"), labels); }).what(), HasSubstr("longer than the 28 bytes"));
  EXPECT_THAT(error_of([&] { open(gzipped(idx({2, 2, 3}, "abc")), labels); }).what(), HasSubstr("shorter than the 28"));
  EXPECT_THAT(error_of([&] { open(idx({0, 2, 3}, ""), labels); }).what(), HasSubstr("dimension 0 is 0"));
  std::string huge = pictures;
  huge.replace(4, 12, std::string(12, '\xFF'));
  EXPECT_EQ(error_of([&] { open(huge, labels); }).code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error_of([&] { open(pictures, idx({1}, "a")); }).what(), HasSubstr("2 pictures, but 1 labels"));
}

TEST(Gzip, UnpacksMembersUpToALimitAndVerifiesThem) {
  const auto unpack = [](const std::string& file, int64_t limit = 1 << 20) {
    return gunzip(std::as_bytes(std::span(file)), limit, "file.gz");
  };
  const std::string packed = gzipped("hello "), two = packed + gzipped("world");
  EXPECT_EQ(unpack(two), "hello world");
  EXPECT_EQ(unpack(two, 8), "hello wo");
  EXPECT_EQ(unpack(two, 0), "");
  EXPECT_EQ(unpack(packed + std::string(5, '\0')), "hello ");
  EXPECT_THAT(error_of([&] { unpack(packed.substr(0, packed.size() - 3)); }).what(), HasSubstr("truncated"));
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;
  EXPECT_THAT(error_of([&] { unpack(damaged); }).what(), HasSubstr("damaged packed bytes"));
  EXPECT_EQ(error_of([&] { unpack("text"); }).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(unpack(gzipped(std::string(3 << 20, 'x')), 4 << 20).size(), size_t{3} << 20);
}

TEST_F(Idx, ReadsFashionMnist) {
  const auto folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/fashion-mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared/data";
  const auto reader = read_idx(folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz");
  ASSERT_EQ(reader->size(), 10000);
  std::vector<int> counts(10);
  for (int64_t i = 0; i < reader->size(); ++i) ++counts.at(static_cast<size_t>(reader->labels(i).present[0]));
  EXPECT_THAT(counts, ::testing::Each(1000));
  EXPECT_EQ(reader->read(0).image.width, 28);
}

}  // namespace
}  // namespace clipkit
