#include "data/pair_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <set>
#include <thread>

#include "clipkit/error.h"
#include "data/error_of.h"
#include "data/made_pairs.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::MadePairs;

LoaderConfig small_config() {
  LoaderConfig config;
  config.sample.seed = 7;
  config.sample.preprocess.width = config.sample.preprocess.height = 8;
  config.sample.context_length = 12;
  config.batch_size = 8;
  config.num_threads = 2;
  return config;
}

// A batch that outlives its loader.
struct Copy {
  int64_t epoch, index;
  std::vector<float> pixels;
  std::vector<int32_t> tokens, caption_tokens;
  std::vector<int64_t> samples, caption_rows;
  bool operator==(const Copy&) const = default;
};

template <class T>
std::vector<T> values(const TensorView& view) {
  const auto span = view.span<T>();
  return {span.begin(), span.end()};
}

Copy copy_of(const PairBatch& batch) {
  return {batch.epoch,
          batch.index,
          values<float>(batch.pixels),
          values<int32_t>(batch.tokens),
          values<int32_t>(batch.caption_tokens),
          batch.samples,
          batch.caption_rows};
}

// The next `count` batches, or all up to the end.
std::vector<Copy> take(PairLoader& loader, int count) {
  std::vector<Copy> batches;
  for (int i = 0; i < count; ++i) {
    const PairBatch* batch = loader.next();
    if (batch == nullptr) break;
    batches.push_back(copy_of(*batch));
  }
  return batches;
}

std::shared_ptr<MadePairs> made(std::vector<PairShard> shards) {
  return std::make_shared<MadePairs>(std::move(shards));
}

std::vector<Copy> batches_of(const std::shared_ptr<MadePairs>& pairs, const LoaderConfig& config, int count) {
  PairLoader loader(pairs, Tokenizer::clip(), config);
  return take(loader, count);
}

TEST(PairLoader, BatchesDoNotDependOnThreadsOrPrefetch) {
  const auto pairs = made({{20}, {1}, {30, 1.5}});
  pairs->damaged = {3, 4, 30};
  LoaderConfig config = small_config();
  config.sample.shuffle_buffer = 16;
  config.num_threads = 1;
  const auto expected = batches_of(pairs, config, 20);
  ASSERT_EQ(expected.size(), 20u);
  for (const int threads : {3, 40}) {
    config.num_threads = threads;
    config.prefetch = threads / 3;
    EXPECT_EQ(batches_of(pairs, config, 20), expected);
  }
}

TEST(PairLoader, RanksTogetherSeeTheBatchesOfOne) {
  const auto pairs = made({{20}, {1}, {30}});  // fewer shards than ranks
  pairs->damaged = {3, 4, 30};
  for (const bool training : {true, false}) {
    LoaderConfig config = small_config();
    config.sample.training = training;
    const auto whole = batches_of(pairs, config, 13);
    ASSERT_EQ(whole.size(), training ? 13u : 7u);
    for (const int ranks : {2, 4, 8}) {
      config.num_ranks = ranks;
      std::vector<std::vector<Copy>> parts;
      for (config.rank = 0; config.rank < ranks; ++config.rank) parts.push_back(batches_of(pairs, config, 13));
      for (size_t i = 0; i < whole.size(); ++i) {
        Copy joined{whole[i].epoch, whole[i].index, {}, {}, {}, {}, {}};
        for (const auto& part : parts) {
          ASSERT_EQ(part.size(), whole.size());
          for (const int64_t row : part[i].caption_rows) {
            joined.caption_rows.push_back(row + static_cast<int64_t>(joined.samples.size()));
          }
          joined.pixels.insert(joined.pixels.end(), part[i].pixels.begin(), part[i].pixels.end());
          joined.tokens.insert(joined.tokens.end(), part[i].tokens.begin(), part[i].tokens.end());
          joined.samples.insert(joined.samples.end(), part[i].samples.begin(), part[i].samples.end());
          joined.caption_tokens.insert(joined.caption_tokens.end(), part[i].caption_tokens.begin(),
                                       part[i].caption_tokens.end());
        }
        EXPECT_EQ(joined, whole[i]) << ranks << " ranks, batch " << i;
      }
    }
    config.num_ranks = 1;
  }
}

TEST(PairLoader, GoesOnWhereItIsTold) {
  const auto pairs = made({{20}, {31}});
  pairs->damaged = {3};
  const LoaderConfig config = small_config();
  const auto expected = batches_of(pairs, config, 18);  // three epochs of 6
  PairLoader loader(pairs, Tokenizer::clip(), config);
  ASSERT_EQ(loader.batches_per_epoch(), 6);
  for (const int from : {8, 0, 5, 12, 6}) {
    loader.seek(from / 6, from % 6);
    const auto found = take(loader, 5);
    EXPECT_EQ(found, std::vector<Copy>(expected.begin() + from, expected.begin() + from + 5)) << from;
  }
  loader.seek(0, 6);  // behind the last batch: the next epoch
  EXPECT_EQ(take(loader, 1)[0], expected[6]);
  EXPECT_THROW(loader.seek(0, 7), Error);
  EXPECT_THROW(loader.seek(-1, 0), Error);
}

TEST(PairLoader, AnEpochShowsEverySampleOnceAndTheNextInAnotherOrder) {
  const auto batches = batches_of(made({{24}, {24}}), small_config(), 12);
  std::vector<int64_t> first, second;
  for (int i = 0; i < 12; ++i) {
    const auto& samples = batches[static_cast<size_t>(i)].samples;
    auto& epoch = i < 6 ? first : second;
    epoch.insert(epoch.end(), samples.begin(), samples.end());
  }
  EXPECT_NE(first, second);
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 48u);
  EXPECT_EQ(std::set<int64_t>(second.begin(), second.end()).size(), 48u);
  EXPECT_EQ(batches[11].epoch, 1);
  EXPECT_EQ(batches[11].index, 5);
}

TEST(PairLoader, TheCaptionIsOneOfTheSamplesAndChangesWithTheEpoch) {
  const auto pairs = made({{8}});
  std::set<std::vector<int32_t>> seen;
  for (const Copy& batch : batches_of(pairs, small_config(), 20)) {
    for (size_t row = 0; row < 8; ++row) {
      const auto begin = batch.tokens.begin() + static_cast<std::ptrdiff_t>(row * 12);
      const std::vector<int32_t> tokens(begin, begin + 12);
      bool found = false;
      for (const std::string& caption : pairs->read(batch.samples[row]).captions) {
        const Tensor expected = Tokenizer::clip()->tokenize(std::span(&caption, 1), {.context_length = 12});
        found = found || tokens == values<int32_t>(expected);
      }
      EXPECT_TRUE(found);
      seen.insert(tokens);
    }
  }
  EXPECT_EQ(seen.size(), 1u + 2 + 3 + 1 + 2 + 3 + 1 + 2);  // in 20 epochs each caption comes up
}

TEST(PairLoader, ADamagedSampleIsReplacedCountedAndNamed) {
  const auto pairs = made({{30}});
  for (int64_t i = 0; i < 15; ++i) pairs->damaged.insert(i);
  PairLoader loader(pairs, Tokenizer::clip(), small_config());
  for (const Copy& batch : take(loader, 3)) {
    EXPECT_EQ(batch.samples.size(), 8u);
    for (const int64_t sample : batch.samples) EXPECT_GE(sample, 15);
  }
  const LoaderReport report = loader.report();
  EXPECT_GE(report.num_failed, 5);  // of 24 places at most 15 are of good samples, and at least 9 of damaged ones
  ASSERT_FALSE(report.failures.empty());
  EXPECT_LE(report.failures.size(), 10u);
  EXPECT_EQ(std::set<std::string>(report.failures.begin(), report.failures.end()).size(), report.failures.size());
  EXPECT_THAT(report.failures[0], HasSubstr("made/"));
  EXPECT_THAT(report.failures[0], HasSubstr("truncated"));
}

TEST(PairLoader, DataThatAreAllDamagedAreAnError) {
  const auto pairs = made({{10}});
  std::atomic<bool> is_damaged{true};
  pairs->on_read = [&](int64_t i) {
    if (is_damaged) fail(ErrorCode::kCorrupt, "made/", i, ": damaged");
  };
  PairLoader loader(pairs, Tokenizer::clip(), small_config());
  const Error error = error_of([&] { loader.next(); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("64 samples one after the other could not be read, the last one: made/"));
  EXPECT_THROW(loader.next(), Error);
  is_damaged = false;
  loader.seek(0, 0);
  EXPECT_NE(loader.next(), nullptr);
}

TEST(PairLoader, OtherExceptionsOfAThreadAreThrownByNext) {
  const auto pairs = made({{10}});
  pairs->on_read = [](int64_t) { throw std::bad_alloc(); };
  PairLoader loader(pairs, Tokenizer::clip(), small_config());
  EXPECT_THROW(loader.next(), std::bad_alloc);
}

TEST(PairLoader, ValidationIsExactInOrderAndWhole) {
  const auto pairs = made({{10}, {11}});
  pairs->damaged = {2, 9, 20};
  LoaderConfig config = small_config();
  config.sample.training = false;
  PairLoader loader(pairs, Tokenizer::clip(), config);
  const auto batches = take(loader, 100);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_THAT(batches[0].samples, ElementsAre(0, 1, 3, 4, 5, 6, 7));
  EXPECT_THAT(batches[1].samples, ElementsAre(8, 10, 11, 12, 13, 14, 15));
  EXPECT_THAT(batches[2].samples, ElementsAre(16, 17, 18, 19));
  EXPECT_EQ(loader.report().num_failed, 3);
  for (const Copy& batch : batches) {
    size_t caption = 0;
    for (size_t row = 0; row < batch.samples.size(); ++row) {
      const EncodedPair pair = pairs->read(batch.samples[row]);
      const Image image = decode_image(std::as_bytes(std::span(pair.picture)), pair.name);
      std::vector<float> expected(3 * 8 * 8);
      normalize(resize_and_crop(image, config.sample.preprocess), config.sample.preprocess, expected);
      EXPECT_EQ(std::memcmp(expected.data(), batch.pixels.data() + row * expected.size(), expected.size() * 4), 0);
      const auto tokens = values<int32_t>(Tokenizer::clip()->tokenize(pair.captions, {.context_length = 12}));
      EXPECT_TRUE(std::equal(tokens.begin(), tokens.begin() + 12, batch.tokens.begin() + static_cast<long>(row * 12)));
      EXPECT_TRUE(
          std::equal(tokens.begin(), tokens.end(), batch.caption_tokens.begin() + static_cast<long>(caption * 12)));
      for (size_t i = 0; i < pair.captions.size(); ++i) {
        EXPECT_EQ(batch.caption_rows[caption++], static_cast<int64_t>(row));
      }
    }
    EXPECT_EQ(caption, batch.caption_rows.size());
  }
  EXPECT_EQ(loader.next(), nullptr);
  loader.seek(0, 0);
  EXPECT_EQ(take(loader, 100), batches);
}

TEST(PairLoader, EndsAfterTheEpochsAskedFor) {
  LoaderConfig config = small_config();
  config.num_epochs = 2;
  PairLoader loader(made({{17}}), Tokenizer::clip(), config);
  EXPECT_EQ(take(loader, 100).size(), 4u);
  EXPECT_EQ(loader.next(), nullptr);
  loader.seek(2, 0);
  EXPECT_EQ(loader.next(), nullptr);
}

TEST(PairLoader, ReadsABoundedNumberAheadIntoTheSameMemory) {
  const auto pairs = made({{1000}});
  LoaderConfig config = small_config();
  config.prefetch = 3;
  PairLoader loader(pairs, Tokenizer::clip(), config);
  std::set<const void*> buffers;
  for (int i = 0; i < 20; ++i) buffers.insert(loader.next()->pixels.raw());
  EXPECT_EQ(buffers.size(), 4u);
  // The threads come to rest when they are three batches ahead of the one in use.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LE(pairs->num_reads, (20 + 3) * 8);
}

TEST(PairLoader, CountsTheTimeThatItWaits) {
  const auto pairs = made({{100}});
  pairs->on_read = [](int64_t) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  LoaderConfig config = small_config();
  config.num_threads = 1;
  PairLoader loader(pairs, Tokenizer::clip(), config);
  take(loader, 2);
  const LoaderReport report = loader.report();
  EXPECT_GT(report.wait_seconds, 0.016);  // two batches of 8 reads; what was read before next() was called is half
  EXPECT_EQ(report.num_batches, 2);
}

TEST(PairLoader, StopsInTheMiddleOfItsWork) {
  const auto pairs = made({{1000}});
  for (int i = 0; i < 20; ++i) {
    PairLoader loader(pairs, Tokenizer::clip(), small_config());
    if (i % 2 == 0) loader.next();
  }
}

TEST(PairLoader, PicturesOfTooManyPixelsCountAsDamaged) {
  LoaderConfig config = small_config();
  config.sample.training = false;
  config.sample.max_image_pixels = 10 * 8;  // samples 0, 5, 10, ... have so many, the others more
  PairLoader loader(made({{10}}), Tokenizer::clip(), config);
  EXPECT_THAT(loader.next()->samples, ElementsAre(0, 5));
  EXPECT_THAT(loader.report().failures[0], HasSubstr("max_pixels"));
}

TEST(PairLoader, RefusesConfigurationsThatCannotWork) {
  const auto pairs = made({{100}});
  const auto refuse = [&](const std::function<void(LoaderConfig&)>& change) {
    LoaderConfig config = small_config();
    change(config);
    return error_of([&] { PairLoader(pairs, Tokenizer::clip(), config); });
  };
  EXPECT_THAT(refuse([](LoaderConfig& c) { c.num_ranks = 3; }).what(), HasSubstr("cannot be shared by 3 ranks"));
  EXPECT_THAT(refuse([](LoaderConfig& c) { c.rank = 1; }).what(), HasSubstr("rank 1 of 1"));
  EXPECT_THAT(refuse([](LoaderConfig& c) { c.batch_size = 101; }).what(),
              HasSubstr("an epoch has 100 pairs, less than one batch of 101"));
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.batch_size = 0; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.prefetch = 0; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.num_epochs = -1; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.sample.context_length = 1; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.sample.preprocess.width = 0; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.sample.preprocess.std = {1, 0, 1}; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.sample.max_image_pixels = 0; }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse([](LoaderConfig& c) { c.sample.augment.crop.min_scale = 0; }).code(), ErrorCode::kInvalidArgument);
}

TEST(PairLoader, LoadsAllSharedCaptions) {
  const std::filesystem::path folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/captions";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the shared captions are not there";
  std::shared_ptr<const PairSource> pairs = open_pairs(folder.string());
  for (const bool training : {true, false}) {
    LoaderConfig config;
    config.sample.training = training;
    config.sample.preprocess.width = config.sample.preprocess.height = 32;
    config.sample.augment.color = {0.4, 0.4, 0.2, 0.1, 0.8, 0.2};
    config.sample.augment.erasing = {0.25, 1};
    config.batch_size = 128;
    config.num_epochs = 1;
    PairLoader loader(pairs, Tokenizer::clip(), config);
    int64_t count = 0;
    while (const PairBatch* batch = loader.next()) count += static_cast<int64_t>(batch->samples.size());
    EXPECT_EQ(count, training ? 5794 / 128 * 128 : 5794);
    EXPECT_EQ(loader.report().num_failed, 0);
  }
}

}  // namespace
}  // namespace clipkit
