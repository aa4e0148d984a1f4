#include "eval/picture_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "data/made_pairs.h"
#include "eval/feature_chunk.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// An encoder whose features are the first pixels, and a set of made pictures.
class Features : public ::testing::Test {
 protected:
  Features() {
    encoder_.fingerprint = "a model";
    encoder_.preprocess.height = encoder_.preprocess.width = 4;
    encoder_.encode_pixels = [this](TensorView pixels, Output) {
      encoded_ += pixels.shape()[0];
      Tensor rows = Tensor::empty({pixels.shape()[0], 3});
      for (int64_t i = 0; i < pixels.shape()[0]; ++i)
        std::copy_n(pixels.row<float>(i).begin(), 3, rows.row<float>(i).begin());
      return rows;
    };
    source_.name = "made";
    source_.size = 100;
    source_.read = [this](int64_t i) {
      LabelledPicture picture{.name = concat("picture ", i)};
      picture.labels.present = {static_cast<int32_t>(i % 3)};
      picture.file = testing::made_picture(8, 6, static_cast<int>(i) + seed_);
      if (i == 5) picture.file.resize(20);
      if (i == 7) fail(ErrorCode::kIo, "picture 7: cannot be read");
      return picture;
    };
  }
  PictureFeatures run() {
    encoded_ = 0;
    return picture_features(source_, encoder_, {.cache = folder_.path(), .threads = 2}, callbacks_);
  }
  std::filesystem::path only_file() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file()) return entry.path();
    return {};
  }
  testing::TemporaryFolder folder_;
  Encoder encoder_;
  PictureSource source_;
  EvalCallbacks callbacks_;
  std::atomic<int64_t> encoded_ = 0;
  int seed_ = 0;
};

TEST_F(Features, CountAndNameWhatCannotBeRead) {
  const PictureFeatures features = run();
  EXPECT_EQ(features.x.shape(), (Shape{98, 3}));
  EXPECT_THAT(features.pictures, SizeIs(98));
  EXPECT_EQ(features.pictures[5], 6);
  ASSERT_THAT(features.unreadable, SizeIs(2));
  EXPECT_EQ(features.unreadable[0].picture, "picture 5");
  EXPECT_THAT(features.unreadable[1].reason, HasSubstr("cannot be read"));
}

TEST_F(Features, AreNotComputedTwice) {
  const PictureFeatures first = run();
  EXPECT_EQ(encoded_, 100);
  const PictureFeatures second = run();
  EXPECT_EQ(encoded_, 0);
  EXPECT_EQ(first.sha256, second.sha256);
  EXPECT_TRUE(std::equal(first.x.span<float>().begin(), first.x.span<float>().end(), second.x.span<float>().begin()));
  EXPECT_THAT(second.unreadable, SizeIs(2));
}

TEST_F(Features, AreComputedAgainForOtherPicturesOrAnotherModel) {
  const std::string before = run().sha256;
  seed_ = 1;
  EXPECT_NE(run().sha256, before);
  EXPECT_EQ(encoded_, 100);
  encoder_.fingerprint = "another model";
  run();
  EXPECT_EQ(encoded_, 100);
}

TEST_F(Features, AreComputedAgainWhereTheFileIsDamaged) {
  const PictureFeatures first = run();
  const std::filesystem::path file = only_file();
  std::string bytes = read_file(file, 1 << 20);
  // The last bytes are those of the features or digests: anywhere will do.
  for (const size_t at : {bytes.size() - 1, bytes.size() - 2000, size_t{12}}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_file(file, damaged);
    const PictureFeatures again = run();
    EXPECT_EQ(encoded_, 100) << at;
    EXPECT_TRUE(std::equal(first.x.span<float>().begin(), first.x.span<float>().end(), again.x.span<float>().begin()));
  }
  write_file(file, bytes.substr(0, bytes.size() / 2));
  run();
  EXPECT_EQ(encoded_, 100);
}

// A row that is not there would be one more than there is room for.
TEST_F(Features, AreComputedAgainWhereTheErrorsAreDamaged) {
  run();
  const std::filesystem::path file = only_file();
  const std::string bytes = read_file(file, 1 << 20);
  const size_t at = bytes.find("7\\\":");
  ASSERT_NE(at, std::string::npos) << "the row of the picture that cannot be read";
  std::string damaged = bytes;
  damaged[at] = '8';
  write_file(file, damaged);
  EXPECT_EQ(run().pictures[6], 8) << "picture 7 is left out, as before";
  EXPECT_EQ(encoded_, 100);
}

TEST(FeatureChunk, HasNoErrorsOfRowsThatAreNotThere) {
  const testing::TemporaryFolder folder;
  FeatureChunk chunk{std::vector<PictureDigest>(2), Tensor::zeros({2, 3}), {{1, "damaged"}}};
  write_chunk(folder / "a.safetensors", chunk, "made");
  ASSERT_TRUE(read_chunk(folder / "a.safetensors", "made"));
  EXPECT_EQ(read_chunk(folder / "a.safetensors", "made")->errors, chunk.errors);
  EXPECT_FALSE(read_chunk(folder / "a.safetensors", "made otherwise"));
  chunk.errors[2] = "no such row";
  write_chunk(folder / "a.safetensors", chunk, "made");
  EXPECT_FALSE(read_chunk(folder / "a.safetensors", "made"));
}

TEST_F(Features, OfFinishedChunksStayWhenARunIsStopped) {
  source_.size = kFeatureChunk + 50;
  bool stop = false;
  callbacks_.progress = [&](std::string_view, int64_t done, int64_t) { stop = done > kFeatureChunk - 10; };
  callbacks_.stop = [&] { return stop; };
  EXPECT_THROW(run(), Error);
  callbacks_ = {};
  run();
  EXPECT_EQ(encoded_, 50);
}

TEST_F(Features, AreAnErrorIfNoPictureCanBeRead) {
  source_.read = [](int64_t) -> LabelledPicture { fail(ErrorCode::kIo, "gone"); };
  EXPECT_THROW(run(), Error);
}

TEST(PictureDigest, DependsOnNameLabelsAndContent) {
  const LabelledPicture picture{.name = "ab", .file = "c", .labels = {{1}, {2}}};
  LabelledPicture other = picture;
  EXPECT_EQ(digest_of(picture), digest_of(other));
  other.name = "a";
  other.file = "bc";
  EXPECT_NE(digest_of(picture), digest_of(other));
  other = picture;
  other.labels = {{1, 2}, {}};
  EXPECT_NE(digest_of(picture), digest_of(other));
}

}  // namespace
}  // namespace clipkit
