#include "eval/overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "encode_jpeg.h"
#include "eval/binomial.h"
#include "eval/made_scene.h"
#include "eval/made_set.h"
#include "eval/picture_signature.h"
#include "image/convert_color.h"
#include "image/resize.h"
#include "report/well_formed.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;
using testing::made_scene;
using testing::made_set;
using testing::MadeEncoder;
using ::testing::SizeIs;
using testing::TemporaryFolder;

// Scenes of three classes: what the encoder of the tests takes for a class is the colour of most of a picture, and of
// every fourth picture that is wrong.
Image test_scene(int64_t index, int size, double crop = 0) {
  Image image = made_scene(static_cast<uint64_t>(index), size, size, crop);
  const auto colour = static_cast<size_t>(index + (index % 4 == 3 ? 1 : 0)) % 3;
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(image.pixels[i] / 2 + (i % 3 == colour ? 100 : 0));
  return image;
}

class Scenes : public LabelledReader {
 public:
  explicit Scenes(int64_t size) : size_(size) {}
  int64_t size() const noexcept override { return size_; }
  PictureLabels labels(int64_t index) const override { return {.present = {static_cast<int32_t>(index % 3)}}; }
  LabelledPicture read(int64_t index) const override {
    return {.name = concat("test ", index), .file = encode_png(test_scene(index, 48)), .labels = labels(index)};
  }

 private:
  int64_t size_;
};

LabelledSet scenes(int64_t size) {
  LabelledSet set = made_set(3);
  set.reader = std::make_unique<Scenes>(size);
  return set;
}

// So many training pictures, of which the first `planted` are changed copies of test pictures 0, 10, 20, ... and the
// one after them is the very file of test picture 5.
TrainingPictures training(int64_t size, int64_t planted) {
  return {.split = {},
          .source = {.name = "train",
                     .size = size,
                     .read = [=](int64_t index) -> LabelledPicture {
                       const std::string name = concat("train ", index);
                       if (index == planted) return {.name = name, .file = Scenes(10).read(5).file};
                       if (index == planted + 1) fail(ErrorCode::kCorrupt, name, ": damaged");
                       if (index > planted)
                         return {.name = name, .image = made_scene(1000 + static_cast<uint64_t>(index), 40, 40)};
                       switch (index % 3) {
                         case 0:
                           return {.name = name, .image = test_scene(10 * index, 200)};
                         case 1:
                           return {.name = name, .file = emoji::encode_jpeg(test_scene(10 * index, 64), 40)};
                         default:
                           return {.name = name, .image = test_scene(10 * index, 80, 0.02)};
                       }
                     }},
          .owner = nullptr};
}

OverlapResult find_overlap(const LabelledSet& set, const TrainingPictures& train, const OverlapOptions& options = {},
                           const std::filesystem::path& cache = {}) {
  const MadeEncoder made;
  return run_overlap(options, set, train, made.encoder, 10, cache, {.version = "1", .command = "test"}, {});
}

TEST(Overlap, FindsAllPlantedCopiesAndNothingElse) {
  const OverlapResult result = find_overlap(scenes(100), training(300, 10));
  EXPECT_EQ(result.train_pictures, 299);
  EXPECT_EQ(result.train_unreadable, 1);
  ASSERT_THAT(result.origin.unreadable, SizeIs(1));
  EXPECT_EQ(result.origin.unreadable[0].picture, "training picture 11");
  EXPECT_THAT(result.origin.unreadable[0].reason, HasSubstr("train 11: damaged"));
  EXPECT_EQ(result.exact, 1);
  ASSERT_THAT(result.pairs, SizeIs(11));
  EXPECT_TRUE(result.pairs[0].exact);
  EXPECT_EQ(result.pairs[0].test, "test 5");
  EXPECT_EQ(result.pairs[0].train, "train 10");
  for (size_t i = 1; i < result.pairs.size(); ++i) {
    const auto& pair = result.pairs[i];
    EXPECT_EQ(pair.test, concat("test ", 10 * std::stoi(pair.train.substr(6)))) << pair.train;
    EXPECT_GT(pair.cosine, kSignatureThreshold);
    EXPECT_FALSE(pair.exact);
  }
}

// Of pictures 0, 10, ..., 90 and 5, those with index % 4 == 3 would be wrong: none but the 30th, 50th, 70th ... are
// odd.
TEST(Overlap, ScoresBothPartsAndTestsTheirDifference) {
  const OverlapResult result = find_overlap(scenes(100), training(300, 10));
  EXPECT_EQ(result.all.pictures, 100);
  EXPECT_EQ(result.all.right, 75);
  EXPECT_EQ(result.overlap.pictures, 11);
  EXPECT_EQ(result.overlap.right, 11);
  EXPECT_EQ(result.clean.pictures, 89);
  EXPECT_EQ(result.clean.right, 64);
  EXPECT_DOUBLE_EQ(result.contamination_effect, 0.75 - 64.0 / 89);
  EXPECT_NEAR(result.p_value, std::pow(64.0 / 89, 11), 1e-12);
  EXPECT_NEAR(result.overlap_low, std::pow(0.0025, 1.0 / 11), 1e-12) << "Clopper and Pearson's, of 11 of 11";
  EXPECT_EQ(result.overlap_high, 1);
}

TEST(Overlap, SaysSoWhereNothingOrAllOverlaps) {
  const OverlapResult none = find_overlap(
      scenes(20), {.source = {.name = "other", .size = 5, .read = [](int64_t index) {
                                return LabelledPicture{
                                    .name = "x", .image = made_scene(5000 + static_cast<uint64_t>(index), 30, 30)};
                              }}});
  EXPECT_EQ(none.overlap.pictures, 0);
  EXPECT_TRUE(std::isnan(none.overlap.accuracy));
  EXPECT_EQ(none.contamination_effect, 0);
  EXPECT_EQ(none.p_value, 1);
  const LabelledSet set = scenes(20);
  const OverlapResult all = find_overlap(
      set, {.source = {.name = "same", .size = 20, .read = [&](int64_t index) { return set.reader->read(index); }}});
  EXPECT_EQ(all.exact, 20);
  EXPECT_EQ(all.clean.pictures, 0);
  EXPECT_TRUE(std::isnan(all.contamination_effect));
  EXPECT_EQ(parse_json(to_json(all), "result")["contamination_effect"], nullptr);
}

// Other pictures of the same scene, cropped more and more, fill the place where a gap should be.
TEST(Overlap, DoubtsAThresholdInTheMidstOfLookalikes) {
  EXPECT_EQ(find_overlap(scenes(40), training(100, 4)).doubtful, 0);
  const TrainingPictures crops{.source = {.name = "crops", .size = 20, .read = [](int64_t index) {
                                            return LabelledPicture{
                                                .name = "x",
                                                .image = test_scene(index, 96, 0.01 * static_cast<double>(index % 10))};
                                          }}};
  const OverlapResult result = find_overlap(scenes(20), crops);
  EXPECT_EQ(result.exact, 0);
  EXPECT_GE(result.doubtful, 2);
  EXPECT_TRUE(result.is_doubtful());
  EXPECT_EQ(parse_json(to_json(result), "result")["doubtful"], result.doubtful);
}

TEST(Overlap, GivesTheSameFromTheCacheAndByAnyThreads) {
  const TemporaryFolder folder;
  OverlapOptions options;
  const std::string first = to_json(find_overlap(scenes(40), training(100, 4), options, folder.path()));
  EXPECT_EQ(first, to_json(find_overlap(scenes(40), training(100, 4), options, folder.path())));
  options.input.threads = 7;
  EXPECT_EQ(first, to_json(find_overlap(scenes(40), training(100, 4), options)));
}

TEST(Overlap, TakesAnotherThresholdAndTheModelsFeatures) {
  OverlapOptions options;
  options.threshold = 1;
  EXPECT_EQ(find_overlap(scenes(40), training(100, 4), options).overlap.pictures, 1) << "the same bytes";
  options.detector = OverlapDetector::kModel;
  options.threshold = 0;
  const OverlapResult by_colour = find_overlap(scenes(40), training(100, 4), options);
  EXPECT_EQ(by_colour.detector, "model");
  EXPECT_EQ(by_colour.threshold, 0.95);
  EXPECT_GE(by_colour.overlap.pictures, 5);
  options.threshold = 1.5;
  EXPECT_THROW(find_overlap(scenes(40), training(100, 4), options), Error);
}

TEST(Overlap, WritesAPageWithThePairsAboutTheThreshold) {
  const TemporaryFolder folder;
  OverlapOptions options;
  options.num_pairs = 4;
  const OverlapResult result = find_overlap(scenes(40), training(100, 4), options);
  ASSERT_THAT(result.shown, SizeIs(4));
  EXPECT_GE(result.shown[1].cosine, result.threshold);
  EXPECT_LT(result.shown[2].cosine, result.threshold);
  write_eval_report(folder / "out", result);
  const std::string page = read_file(folder / "out/index.html", 1 << 24);
  const size_t body = page.find("<body>");
  EXPECT_EQ(testing::markup_error(page.substr(body, page.find("</html>") - body)), "");
  for (const char* part :
       {"Pairs about the threshold", "Other thresholds", "SHA-256 of the training data", "a {} picture"})
    EXPECT_THAT(page, HasSubstr(part));
  const Json json = read_json(folder / "out/result.json");
  EXPECT_EQ(json["task"], "overlap");
  EXPECT_EQ(json["pairs"].size(), 5U);
  EXPECT_EQ(json["train"]["sha256"].get<std::string>().size(), 64U);
}

TEST(Overlap, OpensPairsAndLabelledSets) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "pairs");
  write_file(folder / "pairs/a.png", encode_png(made_scene(1, 8, 8)));
  write_file(folder / "pairs/a.txt", "a scene");
  for (const char* split : {"train", "test"}) {
    std::filesystem::create_directories(folder / "set" / split / "red");
    write_file(folder / "set" / split / "red/1.png", encode_png(made_scene(1, 8, 8)));
  }
  const std::string set_path = (folder / "set").string();
  const LabelledSet test = open_labelled_set(set_path);
  OverlapOptions options;
  EXPECT_THROW(open_training_pictures(options, test), Error);
  options.train_data = (folder / "pairs").string();
  EXPECT_EQ(open_training_pictures(options, test).source.size, 1);
  EXPECT_EQ(open_training_pictures(options, test).source.read(0).file.substr(1, 3), "PNG");
  options.train_split = "train";
  EXPECT_THROW(open_training_pictures(options, test), Error) << "pairs have no splits";
  options.train_data = "folder:" + set_path;
  options.train_split.clear();
  EXPECT_EQ(open_training_pictures(options, test).split, "train");
  options.train_split = "test";
  EXPECT_THROW(open_training_pictures(options, test), Error) << "tested on itself";
}

// Photographs: 250 copies, smaller, compressed and cropped by 2 % on each side, among 800 others.
TEST(Overlap, FindsCopiesOfPhotographs) {
  const std::filesystem::path data = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/captions";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "there are no photographs here";
  const auto photographs = open_pairs((data / "flickr8k-val-000000.tar").string());
  const auto others = open_pairs((data / "flickr8k-train-000000.tar").string());
  class Photographs : public LabelledReader {
   public:
    explicit Photographs(const PairSource& pairs) : pairs_(pairs) {}
    int64_t size() const noexcept override { return pairs_.size(); }
    PictureLabels labels(int64_t) const override { return {.present = {0}}; }
    LabelledPicture read(int64_t index) const override {
      return {.name = pairs_.name(index), .file = pairs_.read(index).picture};
    }
    const PairSource& pairs_;
  };
  LabelledSet set = made_set(3);
  set.reader = std::make_unique<Photographs>(*photographs);
  const TrainingPictures train{
      .split = {},
      .source = {.name = "train", .size = photographs->size() + others->size(), .read = [&](int64_t index) {
                   const int64_t copies = photographs->size();
                   if (index >= copies)
                     return LabelledPicture{.name = "other", .file = others->read(index - copies).picture};
                   LabelledPicture picture = set.reader->read(index);
                   const Image image = convert_to_rgb(decode_picture(picture));
                   const auto crop = [](int side) { return int64_t{side} / 50; };
                   const Image part =
                       resize(image, image.width, image.height, Interpolation::kBicubic,
                              {crop(image.width), crop(image.height), image.width - 2 * crop(image.width),
                               image.height - 2 * crop(image.height)});
                   const int64_t width = part.width * 2 / 3, height = part.height * 2 / 3;
                   picture.file = emoji::encode_jpeg(
                       resize(part, width, height, Interpolation::kBicubic, {0, 0, width, height}), 50);
                   return picture;
                 }}};
  const OverlapResult result = find_overlap(set, train);
  EXPECT_EQ(result.exact, 0);
  EXPECT_EQ(result.overlap.pictures, photographs->size());
  for (const auto& pair : result.pairs) EXPECT_EQ(pair.test, pair.train) << pair.cosine;
}

}  // namespace
}  // namespace clipkit
