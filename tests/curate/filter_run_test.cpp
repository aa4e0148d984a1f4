#include "curate/filter_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/json.h"
#include "clipkit/error.h"
#include "curate/written_pairs.h"
#include "data/error_of.h"
#include "ops/reference/reference_backend.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

// One colour.
std::string plain(int red, int green, int blue, int side = 8, int last = -1) {
  std::string file = concat("P6 ", side, " 8 255\n");
  for (int i = 0; i < side * 8; ++i) {
    for (const int c : {red, green, blue}) file += static_cast<char>(c);
  }
  if (last >= 0) file.back() = static_cast<char>(last);
  return file;
}

// A model whose features of a picture are its mean red, green and blue, and of a text those that it names.
class FilterRun : public ::testing::Test {
 protected:
  Encoder encoder() {
    ++opened_;
    Encoder e;
    e.preprocess.width = e.preprocess.height = 4;
    e.preprocess.mean = {0, 0, 0};
    e.preprocess.std = {1, 1, 1};
    e.encode_pixels = [this](TensorView pixels, Output) {
      ++batches_;
      const int64_t n = pixels.shape()[0];
      Tensor rows = Tensor::zeros({n, 3});
      for (int64_t i = 0; i < 3 * n; ++i) {
        for (int64_t p = 0; p < 16; ++p) rows.data<float>()[i] += pixels.data<float>()[16 * i + p];
      }
      return rows;
    };
    e.encode_texts = [](std::span<const std::string> texts) {
      Tensor rows = Tensor::zeros({static_cast<int64_t>(texts.size()), 3});
      for (size_t i = 0; i < texts.size(); ++i) {
        const auto row = rows.row<float>(static_cast<int64_t>(i));
        for (size_t c = 0; c < 3; ++c)
          row[c] = texts[i].find(c == 0 ? "red" : c == 1 ? "green" : "blue") != std::string::npos;
      }
      return rows;
    };
    e.backend = backend_.get();
    return e;
  }
  FilterSummary run(const CurateCallbacks& callbacks = {}) {
    o_.input.pairs = (folder_ / "in").string();
    if (o_.output.folder.empty()) o_.output.folder = folder_ / "out";
    return run_filter(
        o_, [this] { return encoder(); }, callbacks);
  }
  // "sample rule" of each line of dropped.jsonl; a caption's with its text.
  std::vector<std::string> dropped() const {
    std::vector<std::string> found;
    std::string text = read_file(o_.output.folder / "dropped.jsonl", 1 << 20);
    for (size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      const Json line = parse_json(text.substr(0, end), "dropped.jsonl");
      found.push_back(concat(line["sample"].get<int>(), " ", line["rule"].get<std::string>(),
                             line.contains("caption") ? " " + line["caption"].get<std::string>() : ""));
    }
    return found;
  }
  std::vector<std::string> kept_captions() const {
    std::vector<std::string> found;
    const auto pairs = open_pairs(o_.output.folder.string());
    for (int64_t i = 0; i < pairs->size(); ++i) {
      for (const std::string& caption : pairs->read(i).captions) found.push_back(caption);
    }
    return found;
  }
  void write(const std::vector<testing::WrittenPair>& pairs) { testing::write_pairs(folder_ / "in", pairs); }

  const TemporaryFolder folder_;
  const std::unique_ptr<Backend> backend_ = make_reference_backend(DType::kFloat32);
  FilterOptions o_;
  int opened_ = 0, batches_ = 0;
};

TEST_F(FilterRun, RulesOfPicturesAndCaptionsNeedNoModel) {
  write({{"a", plain(9, 9, 9, 4), "too small"},
         {"b", plain(9, 9, 9, 40), "too long a picture"},
         {"c", plain(9, 8, 9), "short\na long one\nIMG 7 x"},
         {"d", plain(9, 7, 9), "short"},
         {"e", "no picture", "not a picture"},
         {"f", plain(9, 8, 9), "another caption"},
         {"g", plain(9, 9, 6), "the last"}});
  o_.min_size = 8;
  o_.max_aspect = 4;
  o_.min_words = 2;
  o_.drop_caption_regex = "^IMG";
  o_.drop_duplicates = true;
  const FilterSummary s = run();
  EXPECT_EQ(opened_, 0);
  EXPECT_EQ(s.pairs, 7);
  EXPECT_EQ(s.kept, 2);
  EXPECT_THAT(dropped(), ElementsAre("0 min-size", "1 max-aspect", "2 min-words short", "2 drop-caption-regex IMG 7 x",
                                     "3 min-words", "4 unreadable", "5 drop-duplicates"));
  EXPECT_THAT(kept_captions(), ElementsAre("a long one", "the last"));
  const std::string lines = read_file(o_.output.folder / "dropped.jsonl", 1 << 20);
  EXPECT_THAT(lines, HasSubstr(R"({"sample":0,"name":"a.ppm","rule":"min-size","value":4.0})"));
  EXPECT_THAT(lines, HasSubstr(R"("rule":"unreadable","reason":"e.ppm: not a picture)"));
  EXPECT_THAT(lines, HasSubstr(R"("rule":"drop-duplicates","of":"c.ppm")"));
  ASSERT_EQ(s.dropped.size(), 6u);
  EXPECT_EQ(s.dropped[3].name, "min-words");
  EXPECT_EQ(s.dropped[3].pairs, 1);
  EXPECT_EQ(s.dropped[3].captions, 1);
}

TEST_F(FilterRun, AModelComparesPicturesWithCaptionsAndConcepts) {
  write({{"a", plain(200, 0, 0), "red\ngreen"},
         {"b", plain(0, 200, 0), "red"},
         {"c", plain(0, 0, 200), "blue"},
         {"d", plain(100, 100, 0), "red and green\nred"}});
  o_.model = "made";
  o_.min_similarity = 0.5;
  o_.drop_concepts = {"green", "blue"};
  o_.concept_similarity = 0.9;
  run();
  EXPECT_EQ(opened_, 1);
  EXPECT_THAT(dropped(), ElementsAre("0 min-similarity green", "1 min-similarity", "2 drop-concept"));
  EXPECT_THAT(kept_captions(), ElementsAre("red", "red and green", "red"));
  EXPECT_THAT(read_file(o_.output.folder / "dropped.jsonl", 1 << 20), HasSubstr(R"("value":1.0,"concept":"blue")"));
  EXPECT_FALSE(fs::exists(o_.output.folder / "features"));
}

TEST_F(FilterRun, APictureThatTheModelCannotTakeIsUnreadable) {
  write({{"a", "P5 1200000 1 255\n" + std::string(1'200'000, 'x'), "a line"}, {"b", plain(200, 0, 0), "red"}});
  o_.model = "made";
  o_.near_duplicates = 0.9;
  EXPECT_EQ(run().kept, 1);
  EXPECT_THAT(dropped(), ElementsAre("0 unreadable"));
  EXPECT_THAT(read_file(o_.output.folder / "dropped.jsonl", 1 << 20), HasSubstr("a.ppm: too long and thin"));
}

TEST_F(FilterRun, AConceptTakesPicturesThatAreNearerToItThanToTheirCaptions) {
  write({{"a", plain(200, 0, 0), "red"},
         {"b", plain(0, 200, 0), "red"},
         {"c", plain(100, 100, 0), "red"},
         {"d", plain(90, 110, 0), "red"}});
  o_.model = "made";
  o_.drop_concepts = {"green"};
  run();
  EXPECT_THAT(dropped(), ElementsAre("1 drop-concept", "3 drop-concept"));
  o_.output.folder = folder_ / "wider";
  o_.concept_margin = 0.5;
  run();
  EXPECT_THAT(dropped(), ElementsAre("1 drop-concept"));
}

TEST_F(FilterRun, DuplicatesNeverGiveWayToPairsThatAreDropped) {
  write({{"a", plain(200, 0, 0), "green"},  // the first with these bytes, but its caption is wrong
         {"b", plain(200, 0, 0), "red"},
         {"c", plain(200, 0, 0), "red"},
         {"d", plain(200, 0, 0, 8, 3), "red"},  // nearly the same
         {"e", plain(200, 90, 0), "red"}});
  o_.model = "made";
  o_.min_similarity = 0.5;
  o_.drop_duplicates = true;
  o_.near_duplicates = 0.99;
  run();
  EXPECT_THAT(dropped(), ElementsAre("0 min-similarity", "2 drop-duplicates", "3 near-duplicates"));
  EXPECT_THAT(read_file(o_.output.folder / "dropped.jsonl", 1 << 20), HasSubstr(R"("of":"b.ppm"})"));
}

TEST_F(FilterRun, FeaturesOfAnInterruptedRunAreNotComputedAgain) {
  std::vector<testing::WrittenPair> pairs;
  pairs.reserve(150);
  for (int i = 0; i < 150; ++i) pairs.push_back({concat(1000 + i), plain(i, 255 - i, 7), "red"});
  write(pairs);
  o_.model = "made";
  o_.near_duplicates = 0.9999;
  o_.output.resume = true;
  bool encoded = false;
  const CurateCallbacks stop_at_writing = {
      .progress = [&](std::string_view what, int64_t, int64_t) { encoded = encoded || what == "compared"; },
      .stop = [&] { return encoded; }};
  EXPECT_EQ(error_of([&] { run(stop_at_writing); }).code(), ErrorCode::kCancelled);
  const int batches = batches_;
  EXPECT_EQ(batches, 1 + 3);  // the probe, and 150 pictures in batches of 64
  const FilterSummary resumed = run();
  EXPECT_EQ(batches_, batches + 1);
  // A cached file that is damaged, or of another model, is computed again.
  o_.output.folder = folder_ / "straight";
  o_.features = folder_ / "features";
  const FilterSummary straight = run();
  EXPECT_EQ(straight.kept, resumed.kept);
  EXPECT_EQ(read_file(folder_ / "out/shard-000000.tar", 1 << 24),
            read_file(folder_ / "straight/shard-000000.tar", 1 << 24));
  EXPECT_EQ(read_file(folder_ / "out/dropped.jsonl", 1 << 24), read_file(folder_ / "straight/dropped.jsonl", 1 << 24));
  const std::string cached = read_file(folder_ / "features/000000.safetensors", 1 << 20);
  write_file(folder_ / "features/000000.safetensors", cached.substr(0, 500));
  o_.output.folder = folder_ / "again";
  batches_ = 0;
  EXPECT_EQ(run().kept, resumed.kept);
  EXPECT_EQ(batches_, 1 + 3);
  // Other limits find the features there.
  o_.output.folder = folder_ / "other";
  o_.near_duplicates = 0.5;
  batches_ = 0;
  EXPECT_LT(run().kept, resumed.kept);
  EXPECT_EQ(batches_, 1);
}

TEST_F(FilterRun, AFinishedRunIsToldAgain) {
  write({{"a", plain(200, 0, 0), "red"}, {"b", plain(0, 200, 0), "red"}});
  o_.model = "made";
  o_.min_similarity = 0.5;
  run();
  batches_ = 0;
  o_.output.resume = true;
  const FilterSummary again = run();
  EXPECT_EQ(again.kept, 1);
  ASSERT_EQ(again.dropped.size(), 1u);
  EXPECT_EQ(again.dropped[0].name, "min-similarity");
  EXPECT_EQ(again.dropped[0].pairs, 1);
  EXPECT_EQ(batches_, 0);
}

TEST_F(FilterRun, AModelThatCannotBeOpenedLeavesNothing) {
  write({{"a", plain(200, 0, 0), "red"}});
  o_.input.pairs = (folder_ / "in").string();
  o_.output.folder = folder_ / "out";
  o_.model = "none";
  o_.min_similarity = 0.5;
  const auto open = []() -> Encoder { throw Error(ErrorCode::kNotFound, "no such model"); };
  EXPECT_EQ(error_of([&] { run_filter(o_, open, {}); }).code(), ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(FilterRun, RefusesWhatMakesNoSense) {
  write({{"a", plain(200, 0, 0), "red"}});
  const auto message = [&](const std::function<void(FilterOptions&)>& change) {
    o_ = {};
    change(o_);
    return std::string(error_of([&] { run(); }).what());
  };
  EXPECT_THAT(message([](FilterOptions& o) { o.min_similarity = 0.2; }), HasSubstr("need a model"));
  EXPECT_THAT(message([](FilterOptions& o) { o.model = "m", o.near_duplicates = 1.5; }),
              HasSubstr("near-duplicates is 1.5"));
  EXPECT_THAT(message([](FilterOptions& o) { o.max_aspect = 0.5; }), HasSubstr("max-aspect is 0.5"));
  EXPECT_THAT(message([](FilterOptions& o) { o.caption_regex = "["; }), HasSubstr("caption-regex"));
  EXPECT_FALSE(fs::exists(folder_ / "out")) << "nothing is begun with wrong options";
}

}  // namespace
}  // namespace clipkit
