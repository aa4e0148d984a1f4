#include "eval/retrieval_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::MadeEncoder;

// Pictures of one colour each with two captions, the second of the last picture wrong.
class ColouredPairs : public PairSource {
 public:
  int64_t size() const noexcept override { return 4; }
  std::string name(int64_t index) const override { return concat("pair ", index); }
  std::vector<PairShard> shards() const override { return {{4}}; }
  EncodedPair read(int64_t index) const override {
    const char* names[] = {"red", "green", "blue"};
    EncodedPair pair{.name = name(index), .picture = {}, .captions = {}};
    if (index == 3) return {.name = name(index), .picture = "no picture", .captions = {"red"}};
    Image image{.mode = ImageMode::kRgb, .width = 4, .height = 4};
    for (int i = 0; i < 48; ++i) image.pixels.push_back(i % 3 == index ? 255 : 20);
    pair.picture = encode_png(image);
    pair.captions = {names[index], index == 2 ? "green" : std::string("so ") + names[index]};
    return pair;
  }
};

RetrievalResult retrieve(const RetrievalOptions& options = {}, const std::filesystem::path& cache = {}) {
  const MadeEncoder made;
  return run_retrieval(options, ColouredPairs(), made.encoder, cache, {}, {});
}

TEST(RetrievalRun, RanksBothDirections) {
  const RetrievalResult result = retrieve();
  EXPECT_EQ(result.origin.pictures, 3);
  EXPECT_EQ(result.captions, 6);
  ASSERT_EQ(result.origin.unreadable.size(), 1U);
  EXPECT_EQ(result.image_to_text.queries, 3);
  EXPECT_EQ(result.image_to_text.recall_at_1.value, 1);
  EXPECT_DOUBLE_EQ(result.text_to_image.recall_at_1.value, 5.0 / 6) << "blue is called green once";
  EXPECT_EQ(result.text_to_image.recall_at_5.value, 1);
  EXPECT_LE(result.text_to_image.recall_at_1.low, 5.0 / 6);
}

TEST(RetrievalRun, GivesTheSameFromTheCache) {
  const testing::TemporaryFolder folder;
  RetrievalOptions options;
  options.prompt = "a photo of {}";
  const std::string first = to_json(retrieve(options, folder.path()));
  EXPECT_EQ(first, to_json(retrieve(options, folder.path())));
  EXPECT_EQ(first, to_json(retrieve(options)));
  EXPECT_EQ(parse_json(first, "result")["prompt"], "a photo of {}");
  EXPECT_EQ(parse_json(first, "result")["origin"]["cut_texts"], 0);
  options.prompt = "{}, and what else can be said of a picture of one colour";
  EXPECT_EQ(retrieve(options).origin.cut_texts, 6);
}

TEST(RetrievalRun, KnowsNoSplitsOfPlainPairs) {
  EXPECT_THROW(open_retrieval_pairs("pairs.csv", "test"), Error);
  EXPECT_THROW(open_retrieval_pairs("flickr30k:/nowhere", ""), Error);
}

}  // namespace
}  // namespace clipkit
