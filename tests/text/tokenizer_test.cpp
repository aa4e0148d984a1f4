#include "clipkit/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "clipkit/error.h"

namespace clipkit {
namespace {

using Ids = std::vector<int32_t>;
using testing::HasSubstr;

Ids row(const Tensor& rows, int64_t i) {
  return {rows.row<int32_t>(i).begin(), rows.row<int32_t>(i).end()};
}

template <class Call>
std::string error_of(ErrorCode code, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(Tokenizer, EncodesAndDecodes) {
  const auto tokenizer = Tokenizer::clip();
  EXPECT_EQ(tokenizer->encode("a diagram"), (Ids{320, 22697}));
  EXPECT_EQ(tokenizer->encode("A photo of a CAT!"), (Ids{320, 1125, 539, 320, 2368, 256}));
  EXPECT_EQ(tokenizer->decode(Ids{320, 1125, 539, 320, 2368, 256}), "a photo of a cat ! ");
  EXPECT_EQ(tokenizer->vocab_size(), 49408);
  EXPECT_EQ(tokenizer->start_token(), 49406);
  EXPECT_EQ(tokenizer->end_token(), 49407);
}

TEST(Tokenizer, EmptyTextHasNoIds) {
  for (const std::string text : {"", " ", "\n\t ", "\u3000"}) EXPECT_TRUE(Tokenizer::clip()->encode(text).empty());
  const Tensor rows = Tokenizer::clip()->tokenize(std::vector<std::string>{""}, {.context_length = 4});
  EXPECT_EQ(row(rows, 0), (Ids{49406, 49407, 0, 0}));
  EXPECT_EQ(Tokenizer::clip()->tokenize(std::vector<std::string>{}).shape(), (Shape{0, 77}));
}

TEST(Tokenizer, NamesTheByteThatIsNotUtf8) {
  const auto tokenizer = Tokenizer::clip();
  EXPECT_THAT(error_of(ErrorCode::kCorrupt, [&] { tokenizer->encode("caf\xE9"); }), HasSubstr("byte 3"));
  const std::vector<std::string> texts = {"a", "b", "\xFF"};
  EXPECT_THAT(error_of(ErrorCode::kCorrupt, [&] { tokenizer->tokenize(texts); }), HasSubstr("text 2: "));
}

TEST(Tokenizer, RefusesATextThatIsTooLong) {
  std::vector<std::string> texts = {"a cat", "a a a a a a a a"};
  const auto message =
      error_of(ErrorCode::kInvalidArgument, [&] { Tokenizer::clip()->tokenize(texts, {.context_length = 9}); });
  EXPECT_THAT(message, HasSubstr("text 1 has 10 tokens"));
  EXPECT_THAT(message, HasSubstr("9"));
  EXPECT_EQ(Tokenizer::clip()->tokenize(texts, {.context_length = 10}).shape(), (Shape{2, 10}));
}

TEST(Tokenizer, TruncatesAndKeepsTheEndToken) {
  const std::vector<std::string> texts = {"a diagram, a dog"};
  const auto ids = Tokenizer::clip()->encode(texts[0]);
  for (int length = 1; length <= 8; ++length) {
    Ids expected = {49406};
    expected.insert(expected.end(), ids.begin(), ids.end());
    expected.push_back(49407);
    if (expected.size() > static_cast<size_t>(length)) {
      expected.resize(static_cast<size_t>(length));
      expected.back() = 49407;
    }
    expected.resize(static_cast<size_t>(length), 7);
    EXPECT_EQ(row(Tokenizer::clip()->tokenize(texts, {length, Overflow::kTruncate, 7}), 0), expected) << length;
  }
}

TEST(Tokenizer, WindowsCoverTheWholeText) {
  const std::vector<std::string> texts = {"a a a a a", "", "a a", "a a a a"};
  std::vector<int64_t> row_text;
  const Tensor rows =
      Tokenizer::clip()->tokenize(texts, {.context_length = 4, .overflow = Overflow::kWindows}, &row_text);
  EXPECT_THAT(row_text, testing::ElementsAre(0, 0, 0, 1, 2, 3, 3));
  ASSERT_EQ(rows.shape(), (Shape{7, 4}));
  EXPECT_EQ(row(rows, 0), (Ids{49406, 320, 320, 49407}));
  EXPECT_EQ(row(rows, 2), (Ids{49406, 320, 49407, 0}));
  EXPECT_EQ(row(rows, 3), (Ids{49406, 49407, 0, 0}));
  EXPECT_EQ(row(rows, 6), (Ids{49406, 320, 320, 49407}));
}

TEST(Tokenizer, RefusesAContextWithoutRoom) {
  const std::vector<std::string> texts = {""};
  const auto tokenizer = Tokenizer::clip();
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [&] { tokenizer->tokenize(texts, {.context_length = 0}); }),
              HasSubstr("context_length is 0"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                       [&] {
                         tokenizer->tokenize(texts, {2, Overflow::kWindows});
                       }),
              HasSubstr("at least 3"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [&] { tokenizer->tokenize(texts, {.context_length = 1}); }),
              HasSubstr("too long"));
}

TEST(Tokenizer, DecodeNamesAnIdThatIsNotThere) {
  const auto tokenizer = Tokenizer::clip();
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                       [&] {
                         tokenizer->decode(Ids{320, 49408});
                       }),
              HasSubstr("id 1 is 49408"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [&] { tokenizer->decode(Ids{-1}); }), HasSubstr("id 0 is -1"));
}

TEST(Tokenizer, DecodeReplacesBrokenCharacters) {
  const auto ids = Tokenizer::clip()->encode("\u20ac");
  EXPECT_EQ(Tokenizer::clip()->decode(ids), "\u20ac ");
  const auto byte = Tokenizer::clip()->vocabulary();
  const int32_t half = static_cast<int32_t>(std::find(byte.begin(), byte.end(), "\u00e2") - byte.begin());  // byte E2
  EXPECT_EQ(Tokenizer::clip()->decode(Ids{half, 0}), "\uFFFD!");
}

TEST(Tokenizer, BatchesGiveTheSameAsSingleTexts) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i)
    texts.push_back("photo " + std::to_string(i * 7919) + (i % 3 ? " of a caf\u00e9" : " of a dog"));
  const auto batch = Tokenizer::clip()->encode_batch(texts);
  ASSERT_EQ(batch.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(batch[i], Tokenizer::clip()->encode(texts[i]));
}

TEST(Tokenizer, BatchesReportTheFirstBadText) {
  std::vector<std::string> texts(1000, "a cat");
  texts[900] = "\xFF";
  texts[333] = "ab\xFF";
  EXPECT_THAT(error_of(ErrorCode::kCorrupt, [&] { Tokenizer::clip()->encode_batch(texts); }),
              HasSubstr("text 333: text is not valid UTF-8 at byte 2"));
}

TEST(Tokenizer, SeveralThreadsMayUseIt) {
  const std::string text = "Crème brûlée &amp; “two” cats";
  const auto expected = Tokenizer::clip()->encode(text);
  std::vector<std::thread> threads;
  std::vector<int> same(4, 0);
  for (int& count : same) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) count += Tokenizer::clip()->encode(text) == expected ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(same, testing::Each(200));
}

TEST(Tokenizer, LongTextsNeedNoMoreThanTheirShare) {
  const auto tokenizer = Tokenizer::clip();
  std::string words;
  while (words.size() < 10'000'000) words += "a young girl is running . ";
  EXPECT_EQ(tokenizer->encode(words).size(), words.size() / 26 * 6);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(std::string(300'000, 'x'))), std::string(300'000, 'x') + " ");
  std::string entities = "&";
  for (int i = 0; i < 200'000; ++i) entities += "amp;";  // every pass of the repair undoes one
  EXPECT_FALSE(tokenizer->encode(entities).empty());
  std::string starts;
  for (int i = 0; i < 200'000; ++i) starts += "<|startoftext|>";
  EXPECT_EQ(Tokenizer::clip(TextRules::kHuggingFace)->encode(starts), Ids(200'000, 49406));
}

TEST(Tokenizer, RulesDifferOnlyWhereTheySay) {
  const auto open_clip = Tokenizer::clip(TextRules::kOpenClip);
  const auto hugging_face = Tokenizer::clip(TextRules::kHuggingFace);
  const auto open_ai = Tokenizer::clip();
  for (const std::string text : {"a photo of a cat", "Don't stop, 24/7!", "naïve café"}) {
    EXPECT_EQ(open_clip->encode(text), open_ai->encode(text));
    EXPECT_EQ(hugging_face->encode(text), open_ai->encode(text));
  }
  EXPECT_EQ(open_ai->encode("<|endoftext|> <|ENDOFTEXT|>"), (Ids{49407, 49407}));
  EXPECT_EQ(open_clip->encode("<end_of_text>"), (Ids{49407}));
  EXPECT_NE(open_clip->encode("<|endoftext|>"), (Ids{49407}));
  EXPECT_EQ(open_clip->decode(Ids{49406, 49407}), "<start_of_text><end_of_text>");
  EXPECT_EQ(hugging_face->encode("!<|endoftext|>a"), (Ids{256, 49407, 320}));
  EXPECT_NE(hugging_face->encode("<|ENDOFTEXT|>"), (Ids{49407}));
  EXPECT_NE(hugging_face->encode("&amp;"), open_ai->encode("&amp;"));
  EXPECT_EQ(open_ai->encode("&amp;"), open_ai->encode("&"));
}

}  // namespace
}  // namespace clipkit
