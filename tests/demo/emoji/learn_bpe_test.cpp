#include "learn_bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "clipkit/error.h"
#include "clipkit/tokenizer.h"
#include "support/temporary_folder.h"

namespace clipkit::emoji {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class LearnBpe : public ::testing::Test {
 protected:
  std::shared_ptr<const Tokenizer> written(const BpeLearner::Result& result) const {
    write_vocabulary(result, folder_.path());
    return Tokenizer::from_folder(folder_.path());
  }

  clipkit::testing::TemporaryFolder folder_;
};

TEST_F(LearnBpe, JoinsTheMostFrequentPairFirstAndTheAlphabeticallyFirstAmongEquals) {
  BpeLearner learner;
  learner.add("low low low lower", 1);
  learner.add("at", 3);
  // Pairs: l o 4, o w</w> 3, a t</w> 3, o w 1, w e 1, e r</w> 1.
  const auto result = learner.learn(514 + 4, 2);
  // Once "lo" is joined, "lo w</w>" has 3 and comes behind "a t</w>".
  EXPECT_THAT(result.merges, ElementsAre(Pair("l", "o"), Pair("a", "t</w>"), Pair("lo", "w</w>")));
  EXPECT_EQ(result.tokens.size(), 514U + 3U);
  EXPECT_EQ(result.tokens[512], "lo");
  EXPECT_EQ(result.tokens.back(), "<|endoftext|>");
}

TEST_F(LearnBpe, EveryByteStaysEncodableAndComesBack) {
  BpeLearner learner;
  learner.add("a picture of a rabbit", 10);
  learner.add("a rabbit and a pizza on a red background", 5);
  const auto tokenizer = written(learner.learn(600, 2));
  for (const std::string text :
       {"a picture of a rabbit", "zebra quux 7", "\xF0\x9F\x90\xB0 \xC3\xA9t\xC3\xA9 \xE4\xB8\xAD"}) {
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text + " ");
  }
  EXPECT_EQ(tokenizer->encode("rabbit").size(), 1U);
  EXPECT_EQ(tokenizer->end_token(), tokenizer->vocab_size() - 1);
  EXPECT_EQ(tokenizer->start_token(), tokenizer->vocab_size() - 2);
}

// CLIP's own vocabulary begins with the same 512 tokens.
TEST_F(LearnBpe, ByteSymbolsHaveTheIdsOfClip) {
  BpeLearner learner;
  learner.add("unrelated");
  const auto result = learner.learn(514, 2);
  const auto clip = Tokenizer::clip()->vocabulary();
  ASSERT_EQ(result.tokens.size(), 514U);
  for (size_t id = 0; id < 512; ++id) EXPECT_EQ(result.tokens[id], clip[id]);
}

TEST_F(LearnBpe, NoTokenAppearsTwiceAndNoMergeEither) {
  BpeLearner learner;
  for (const char* text : {"aabaab abab baab aaab", "bababa abba aabb abaaba", "banana bandana an nab"})
    learner.add(text, 7);
  const auto result = learner.learn(700, 1);
  EXPECT_EQ(std::set<std::string>(result.tokens.begin(), result.tokens.end()).size(), result.tokens.size());
  EXPECT_EQ(std::set(result.merges.begin(), result.merges.end()).size(), result.merges.size());
  EXPECT_EQ(result.tokens.size(), 514 + result.merges.size());
  written(result);  // reads back without complaint
}

TEST_F(LearnBpe, RefusesAVocabularyThatCannotHoldTheBytes) {
  EXPECT_THROW(BpeLearner().learn(513, 2), Error);
}

}  // namespace
}  // namespace clipkit::emoji
