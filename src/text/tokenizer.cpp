#include "clipkit/tokenizer.h"

#include <algorithm>
#include <exception>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/parallel.h"
#include "text/bpe_tokenizer.h"

namespace clipkit {

namespace {

constexpr int64_t kChunk = 64;  // texts that one thread takes at a time

std::shared_ptr<const Tokenizer> make_clip(TextRules rules) {
  return std::make_shared<BpeTokenizer>(
      clip_vocabulary(rules == TextRules::kOpenClip ? kOpenClipSpecials : kOpenAiSpecials), rules);
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::clip(TextRules rules) {
  switch (rules) {
    case TextRules::kOpenAi: {
      static const auto tokenizer = make_clip(TextRules::kOpenAi);
      return tokenizer;
    }
    case TextRules::kOpenClip: {
      static const auto tokenizer = make_clip(TextRules::kOpenClip);
      return tokenizer;
    }
    case TextRules::kHuggingFace: {
      static const auto tokenizer = make_clip(TextRules::kHuggingFace);
      return tokenizer;
    }
  }
  fail(ErrorCode::kInvalidArgument, "no text rules have the number ", static_cast<int>(rules));
}

std::shared_ptr<const Tokenizer> Tokenizer::from_files(const std::filesystem::path& vocab_json,
                                                       const std::filesystem::path& merges_txt, TextRules rules) {
  return std::make_shared<BpeTokenizer>(read_vocabulary(vocab_json, merges_txt), rules);
}

std::shared_ptr<const Tokenizer> Tokenizer::from_tokenizer_json(const std::filesystem::path& tokenizer_json,
                                                                TextRules rules) {
  return std::make_shared<BpeTokenizer>(read_tokenizer_json(tokenizer_json), rules);
}

std::shared_ptr<const Tokenizer> Tokenizer::from_folder(const std::filesystem::path& folder, TextRules rules) {
  const auto vocab = folder / "vocab.json", merges = folder / "merges.txt", both = folder / "tokenizer.json";
  std::error_code ignored;
  if (std::filesystem::exists(vocab, ignored) && std::filesystem::exists(merges, ignored)) {
    return from_files(vocab, merges, rules);
  }
  if (std::filesystem::exists(both, ignored)) return from_tokenizer_json(both, rules);
  fail(ErrorCode::kNotFound, folder.string(), ": no tokenizer, expected vocab.json and merges.txt, or tokenizer.json");
}

std::vector<std::vector<int32_t>> Tokenizer::encode_batch(std::span<const std::string> texts) const {
  std::vector<std::vector<int32_t>> ids(texts.size());
  const auto encode_one = [&](size_t i) {
    try {
      ids[i] = encode(texts[i]);
    } catch (const Error& error) {
      throw Error(error.code(), concat("text ", i, ": ", error.what()));
    }
  };
  const int64_t size = static_cast<int64_t>(texts.size()), num_chunks = (size + kChunk - 1) / kChunk;
  if (num_chunks <= 1) {  // not worth waking other threads
    for (size_t i = 0; i < texts.size(); ++i) encode_one(i);
    return ids;
  }
  std::vector<std::exception_ptr> errors(static_cast<size_t>(num_chunks));
  run_on_compute_thread([&] {
    parallel_for_dynamic(num_chunks, [&](int64_t chunk) {
      try {
        for (int64_t i = chunk * kChunk; i < std::min(size, (chunk + 1) * kChunk); ++i) {
          encode_one(static_cast<size_t>(i));
        }
      } catch (...) {
        errors[static_cast<size_t>(chunk)] = std::current_exception();
      }
    });
  });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);  // the first one, whichever thread met it
  }
  return ids;
}

Tensor Tokenizer::tokenize(std::span<const std::string> texts, const TokenizeOptions& options,
                           std::vector<int64_t>* row_text) const {
  const bool windows = options.overflow == Overflow::kWindows;
  const size_t L = static_cast<size_t>(std::max(options.context_length, 0));
  CLIPKIT_CHECK(options.context_length >= (windows ? 3 : 1), "context_length is ", options.context_length,
                ", expected at least ", windows ? 3 : 1);
  const std::vector<std::vector<int32_t>> ids = encode_batch(texts);

  // Tokens of each row lie between a start and an end token.
  const size_t room = windows ? L - 2 : 0;
  int64_t num_rows = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (options.overflow == Overflow::kError && ids[i].size() + 2 > L) {
      fail(ErrorCode::kInvalidArgument, "text ", i, " has ", ids[i].size() + 2,
           " tokens with its start and end, which is too long for a context of ", L);
    }
    num_rows += windows ? static_cast<int64_t>(std::max<size_t>((ids[i].size() + room - 1) / room, 1)) : 1;
  }
  if (row_text) row_text->clear();

  Tensor rows = Tensor::empty({num_rows, options.context_length}, DType::kInt32);
  int64_t row = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    std::span<const int32_t> rest = ids[i];
    do {
      const std::span<int32_t> out = rows.row<int32_t>(row++);
      std::fill(out.begin(), out.end(), options.pad_token);
      // A text that fills the row or more gives up its last tokens to the end token.
      const size_t taken = std::min(rest.size(), L >= 2 ? L - 2 : 0);
      if (L >= 2) out[0] = start_token();
      std::copy_n(rest.begin(), taken, out.begin() + 1);
      out[std::min(taken + 1, L - 1)] = end_token();
      rest = rest.subspan(taken);
      if (row_text) row_text->push_back(static_cast<int64_t>(i));
    } while (windows && !rest.empty());
  }
  return rows;
}

}  // namespace clipkit
