#include "samples.h"

#include <gtest/gtest.h>

#include <set>

#include "base/file_writer.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "support/temporary_folder.h"
#include "write_dataset.h"

namespace clipkit::emoji {
namespace {

// What Debian's packages of the group `demo` give; they are there where this is built.
class Samples : public ::testing::Test {
 protected:
  static const std::filesystem::path& tree() {
    static const std::filesystem::path kTree = CLIPKIT_EMOJI_DIR;
    return kTree;
  }
  static const std::vector<Emoji>& list() {
    static const auto kList = read_emoji_list("/usr/share/unicode/emoji/emoji-test.txt");
    return kList;
  }
  static const HeldBack& held_back() {
    static const HeldBack kHeldBack = HeldBack::read(tree() / "held_back.txt", HeldBackReach::kEveryGender);
    return kHeldBack;
  }
  static const Things& things() {
    static const auto kDrawings = read_drawings(tree() / "drawings.txt");
    static const std::filesystem::path kAnnotations = "/usr/share/unicode/cldr/common/annotations/en.xml";
    static const Things kThings(list(), read_annotations({&kAnnotations, 1}), held_back(),
                                EmojiFont("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"), kDrawings);
    return kThings;
  }
};

TEST_F(Samples, HeldBackListHas246Emoji) {
  EXPECT_EQ(held_back().emoji().size(), 246U);
  std::set<std::u32string> different;
  for (const HeldBackEmoji& emoji : held_back().emoji()) different.insert(emoji.code_points);
  EXPECT_EQ(different.size(), 246U);
}

TEST_F(Samples, NoHeldBackEmojiIsTrainedOnInAnyToneOrGender) {
  std::set<std::u32string> forbidden;
  for (const HeldBackEmoji& emoji : held_back().emoji()) forbidden.insert(genderless(emoji.code_points));
  for (const Thing& thing : things().emoji()) {
    EXPECT_FALSE(forbidden.contains(genderless(thing.code_points))) << thing.name;
  }
  // Two people of two tones are other code points than two people, but the same emoji.
  for (const Emoji& emoji : list()) {
    const bool is_couple = emoji.name.starts_with("woman and man holding hands: ");
    EXPECT_TRUE(!is_couple || held_back().excludes(emoji)) << emoji.name;
  }
}

TEST_F(Samples, OtherGendersAreTrainedOnIfTheSameEmojiAloneIsHeldBack) {
  const HeldBack narrow(held_back().emoji(), HeldBackReach::kSameEmoji);
  size_t excluded = 0;
  for (const Emoji& emoji : list())
    excluded += toneless(emoji.code_points) == without_selectors(emoji.code_points) && narrow.excludes(emoji);
  EXPECT_EQ(excluded, 240U);  // six of the list are newer than Unicode 15.0
  EXPECT_TRUE(narrow.excludes({U"\U0001F469\U0001F3FF\u200D\U0001F373", "woman cook: dark skin tone", "", ""}));
  EXPECT_FALSE(narrow.excludes({U"\U0001F468\u200D\U0001F373", "man cook", "", ""}));
}

TEST_F(Samples, PicturesOfHeldBackEmojiAppearInNoTrainingSample) {
  const SampleMaker maker(things(), 1, 32);
  std::set<std::u32string> forbidden;
  for (const Thing& thing : things().held_back()) forbidden.insert(thing.code_points);
  for (uint64_t i = 0; i < 500; ++i) {
    const Sample sample = maker.make(Split::kTrain, i);
    EXPECT_FALSE(sample.captions.empty());
    EXPECT_FALSE(forbidden.contains(sample.code_points));
    for (const std::string& caption : sample.captions) EXPECT_EQ(find_invalid_utf8(caption), std::string::npos);
  }
}

TEST_F(Samples, SaysWhichHeldBackThingsAreAlsoDrawings) {
  EXPECT_TRUE(things().is_drawn("banana"));
  EXPECT_TRUE(things().is_drawn("fox"));
  EXPECT_FALSE(things().is_drawn("harp"));
}

TEST_F(Samples, ASampleDependsOnSeedSplitAndIndexAlone) {
  const SampleMaker one(things(), 1, 32), same(things(), 1, 32), other(things(), 2, 32);
  one.make(Split::kTrain, 3);
  const auto pixels = [](const Sample& sample) { return sample.picture.to_image().pixels; };
  EXPECT_EQ(pixels(one.make(Split::kTrain, 7)), pixels(same.make(Split::kTrain, 7)));
  EXPECT_EQ(one.make(Split::kTrain, 7).captions, same.make(Split::kTrain, 7).captions);
  EXPECT_NE(pixels(one.make(Split::kTrain, 7)), pixels(one.make(Split::kValidation, 7)));
  EXPECT_NE(pixels(one.make(Split::kTrain, 7)), pixels(other.make(Split::kTrain, 7)));
}

TEST_F(Samples, TheFilesDoNotDependOnTheNumberOfThreads) {
  const SampleMaker maker(things(), 5, 24);
  const DatasetOptions options{
      .num_train = 40, .num_validation = 4, .per_shard = 30, .vocab_size = 700, .num_variants = 1};
  const clipkit::testing::TemporaryFolder root;
  for (const int threads : {1, 3}) {
    set_num_compute_threads(threads);
    const auto folder = root / std::to_string(threads);
    const DatasetSummary summary = write_dataset(things(), maker, options, folder);
    EXPECT_EQ(summary.num_shards, 2);
    EXPECT_EQ(summary.vocab_size, 700);
    EXPECT_GT(summary.longest_tokens, 8);
  }
  set_num_compute_threads(0);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root / "1")) {
    const auto name = entry.path().filename();
    EXPECT_EQ(read_file((root / "1") / name, 1 << 26), read_file((root / "3") / name, 1 << 26)) << name;
    ++files;
  }
  EXPECT_EQ(files, 9U);
}

TEST_F(Samples, TheFontJoinsFlagsFamiliesAndTones) {
  const EmojiFont font("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf");
  for (const std::u32string sequence : {U"\U0001F430", U"\U0001F1E9\U0001F1EA", U"\U0001F469\U0001F3FF\u200D\U0001F680",
                                        U"\U0001F468\u200D\U0001F469\u200D\U0001F467", U"1\uFE0F\u20E3"}) {
    const auto picture = font.draw(sequence);
    ASSERT_TRUE(picture.has_value()) << to_hex(sequence);
    EXPECT_EQ(picture->mode, ImageMode::kRgba);
    EXPECT_GE(picture->width, 100);
  }
  EXPECT_FALSE(font.draw(U"\U0001F430\U0001F430").has_value());  // two pictures
  EXPECT_FALSE(font.draw(U"\u4E2D").has_value());                // none
}

}  // namespace
}  // namespace clipkit::emoji
