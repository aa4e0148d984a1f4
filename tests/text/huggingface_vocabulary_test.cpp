// Reading Hugging Face's tokenizer files, and refusing what is wrong in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "clipkit/tokenizer.h"

namespace clipkit {
namespace {

using Ids = std::vector<int32_t>;

class HuggingFaceVocabulary : public testing::Test {
 protected:
  HuggingFaceVocabulary() {
    folder_ = std::filesystem::temp_directory_path() /
              ("clipkit_vocabulary_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
    // CLIP's first entries: the byte symbols, three merges and the special tokens.
    const auto all = Tokenizer::clip()->vocabulary();
    for (size_t i = 0; i < 512; ++i) vocab_[all[i]] = i;
    vocab_["in"] = 512;
    vocab_["th"] = 513;
    vocab_["the</w>"] = 514;
    vocab_["<|startoftext|>"] = 515;
    vocab_["<|endoftext|>"] = 516;
  }
  ~HuggingFaceVocabulary() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& merges) const {
    write_file(folder_ / "vocab.json", vocab_.dump());
    write_file(folder_ / "merges.txt", merges);
  }
  void write_tokenizer_json(const Json& root) const { write_file(folder_ / "tokenizer.json", root.dump()); }
  Json tokenizer_json() const {
    Json vocab = vocab_;
    vocab.erase("<|startoftext|>");
    Json root =
        parse_json(R"({"model": {"type": "BPE", "end_of_word_suffix": "</w>", "merges": ["i n", "t h", "th e</w>"]},
                               "added_tokens": [{"id": 515, "content": "<|startoftext|>"},
                                                {"id": 516, "content": "<|endoftext|>"}]})",
                   "root");
    root["model"]["vocab"] = vocab;
    return root;
  }
  std::string error_of_reading(ErrorCode code = ErrorCode::kCorrupt) const {
    try {
      Tokenizer::from_folder(folder_);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no error";
  }

  const std::string merges_ = "#version: 0.2\ni n\nt h\nth e</w>\n";
  std::filesystem::path folder_;
  Json vocab_ = Json::object();
};

TEST_F(HuggingFaceVocabulary, ReadsVocabJsonAndMergesTxt) {
  write(merges_);
  const auto tokenizer = Tokenizer::from_folder(folder_);
  EXPECT_EQ(tokenizer->vocab_size(), 517);
  EXPECT_EQ(tokenizer->start_token(), 515);
  EXPECT_EQ(tokenizer->end_token(), 516);
  EXPECT_EQ(tokenizer->encode("The <|endoftext|>"), (Ids{514, 516}));
  EXPECT_EQ(tokenizer->decode(Ids{514, 515}), "the <|startoftext|>");
  EXPECT_THAT(tokenizer->merges(), testing::ElementsAre("i n", "t h", "th e</w>"));
  EXPECT_EQ(tokenizer->vocabulary()[512], "in");
}

TEST_F(HuggingFaceVocabulary, TheHeaderLineAndTheLastLineFeedMayBeMissing) {
  write("i n\r\nt h\r\nth e</w>");
  EXPECT_EQ(Tokenizer::from_folder(folder_)->encode("the"), (Ids{514}));
}

TEST_F(HuggingFaceVocabulary, ReadsTokenizerJsonWithMergesOfBothForms) {
  write_tokenizer_json(tokenizer_json());
  EXPECT_EQ(Tokenizer::from_folder(folder_)->encode("the in"),
            Tokenizer::from_tokenizer_json(folder_ / "tokenizer.json")->encode("the in"));
  Json root = tokenizer_json();
  root["model"]["merges"] = parse_json(R"([["i", "n"], ["t", "h"], ["th", "e</w>"]])", "merges");
  write_tokenizer_json(root);
  const auto tokenizer = Tokenizer::from_folder(folder_);
  EXPECT_EQ(tokenizer->encode("the"), (Ids{514}));
  EXPECT_EQ(tokenizer->start_token(), 515);
}

TEST_F(HuggingFaceVocabulary, ClipsOwnTablesGiveClipsOwnIds) {
  const auto clip = Tokenizer::clip();
  vocab_ = Json::object();
  for (const std::string& token : clip->vocabulary()) vocab_[token] = vocab_.size();
  std::string merges = "#version: 0.2\n";
  for (const std::string& merge : clip->merges()) merges += merge + "\n";
  write(merges);
  const auto tokenizer = Tokenizer::from_folder(folder_);
  EXPECT_EQ(tokenizer->vocabulary(), clip->vocabulary());
  EXPECT_EQ(tokenizer->merges(), clip->merges());
  for (const std::string text : {"a photo of a cat", "Crème brûlée &amp; 2 “cafés”", "日本語 😀"}) {
    EXPECT_EQ(tokenizer->encode(text), clip->encode(text));
  }
}

TEST_F(HuggingFaceVocabulary, TakesOpenClipsSpecialTokens) {
  vocab_.erase("<|startoftext|>");
  vocab_.erase("<|endoftext|>");
  vocab_["<start_of_text>"] = 515;
  vocab_["<end_of_text>"] = 516;
  write(merges_);
  EXPECT_EQ(Tokenizer::from_folder(folder_)->encode("<end_of_text>"), (Ids{516}));
}

TEST_F(HuggingFaceVocabulary, RefusesWrongIds) {
  vocab_["in"] = 514;
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("id 514 stands for"));
  vocab_["in"] = -1;
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("has id -1"));
  vocab_["in"] = 517;  // one more than there are tokens
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("has id 517"));
  vocab_["in"] = "512";
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("has id \"512\""));
  vocab_["in"] = 1e300;
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("expected an integer"));
}

TEST_F(HuggingFaceVocabulary, RefusesMissingTokens) {
  vocab_.erase("the</w>");
  vocab_["xyz"] = 514;
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("merge 2"));
  vocab_.erase("!</w>");
  vocab_["other"] = 256;
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("\"!</w>\", a byte symbol, is not in the vocabulary"));
}

TEST_F(HuggingFaceVocabulary, RefusesMissingSpecialTokens) {
  vocab_.erase("<|endoftext|>");
  vocab_["other"] = 516;
  write(merges_);
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("<|endoftext|>"));
}

TEST_F(HuggingFaceVocabulary, RefusesWrongMerges) {
  for (const std::string line : {"ab", "a ", " b", "a b c", "x y", "i n\ni n"}) {
    write("#version: 0.2\n" + line + "\n");
    EXPECT_THAT(error_of_reading(), testing::HasSubstr("merges.txt: ")) << line;
  }
}

TEST_F(HuggingFaceVocabulary, RefusesOtherKindsOfTokenizer) {
  Json root = tokenizer_json();
  root["model"]["type"] = "WordPiece";
  write_tokenizer_json(root);
  EXPECT_THAT(error_of_reading(ErrorCode::kUnsupported), testing::HasSubstr("WordPiece"));
  root = tokenizer_json();
  root["model"].erase("end_of_word_suffix");
  write_tokenizer_json(root);
  EXPECT_THAT(error_of_reading(ErrorCode::kUnsupported), testing::HasSubstr("end_of_word_suffix"));
}

TEST_F(HuggingFaceVocabulary, RefusesMalformedTokenizerJson) {
  for (const char* what : {"model", "vocab", "merges", "added"}) {
    Json root = tokenizer_json();
    if (what == std::string("model")) root.erase("model");
    if (what == std::string("vocab")) root["model"]["vocab"] = Json::array();
    if (what == std::string("merges")) root["model"]["merges"] = {1, 2};
    if (what == std::string("added")) root["added_tokens"] = Json::array({Json::object()});
    write_tokenizer_json(root);
    EXPECT_THAT(error_of_reading(), testing::HasSubstr("tokenizer.json: ")) << what;
  }
  write_file(folder_ / "tokenizer.json", "[1, 2]");
  EXPECT_THAT(error_of_reading(), testing::HasSubstr("expected an object"));
}

TEST_F(HuggingFaceVocabulary, NamesTheFolderWithoutATokenizer) {
  EXPECT_THAT(error_of_reading(ErrorCode::kNotFound), testing::HasSubstr(folder_.string()));
}

}  // namespace
}  // namespace clipkit
