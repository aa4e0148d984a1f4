#include <charconv>
#include <filesystem>

#include "clipkit/error.h"
#include "clipkit/tokenizer.h"

#include "cli/command.h"
#include "cli/json_line.h"
#include "cli/terminal.h"
#include "cli/text_input.h"

namespace clipkit::cli {

namespace {

constexpr size_t kTexts = 4096, kTextBytes = size_t{16} << 20;  // texts tokenised at once

class Tokenize : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  using Row = std::vector<int32_t>;
  std::shared_ptr<const Tokenizer> open_tokenizer() const;
  Overflow overflow() const {
    return truncate_ ? Overflow::kTruncate : windows_ ? Overflow::kWindows : Overflow::kError;
  }
  // For each text its ids, or its padded row, or several where it is spread over windows.
  std::vector<std::vector<Row>> tokenize(std::span<const std::string> texts) const;
  void print_batch(std::vector<TextLine>& lines);
  void print_tokens(const std::string& text, const std::vector<Row>& rows);
  void print_decoded(const TextLine& line);

  std::string input_, tokenizer_name_;
  TextRules rules_ = TextRules::kOpenAi;
  std::optional<int> context_length_;
  bool json_ = false, truncate_ = false, windows_ = false, decode_ = false;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::vector<std::string> vocabulary_;  // for print_tokens, made when needed
  int64_t num_texts_ = 0, num_bad_ = 0;
};

Manual Tokenize::manual() {
  Manual manual{
      .name = "tokenize",
      .arguments = "[TEXT...]",
      .summary = "Show the tokens of texts: ids and the pieces they stand for, without start and end token.",
      .argument_help = {{"TEXT", "texts; without any and without --input, the lines of standard input"}},
      .options = {},
      .examples = {"clipkit tokenize \"a diagram\"", "clipkit tokenize --input captions.jsonl --json",
                   "clipkit tokenize --decode \"320 22697\""},
  };
  const std::vector<std::pair<std::string, TextRules>> rules = {
      {"openai", TextRules::kOpenAi}, {"open_clip", TextRules::kOpenClip}, {"hugging_face", TextRules::kHuggingFace}};
  std::vector<Option>& options = manual.options;
  options.push_back(
      text("--input", "FILE", &input_, "texts of a file: one a line, or \"text\" of each line of .jsonl"));
  options.push_back(flag("--json", &json_, "one JSON array of ids a line; null for a bad text"));
  options.push_back(number("--context-length", "N", &context_length_, {2, 1 << 16},
                           "rows as a model gets them: start, ids, end, zeros")
                        .with_unit("tokens"));
  options.push_back(flag("--truncate", &truncate_, "cut what is too long for a row, keeping the end token"));
  options.push_back(flag("--windows", &windows_, "or spread it over several rows"));
  options.push_back(flag("--decode", &decode_, "the other way: each TEXT or line is ids, the output is text"));
  options.push_back(
      text("--tokenizer", "FILE", &tokenizer_name_, "tokenizer.json, or a folder with it or vocab.json and merges.txt")
          .with_default("CLIP's own"));
  options.push_back(choice("--rules", rules, &rules_, "whose way of cleaning text"));
  return manual;
}

std::shared_ptr<const Tokenizer> Tokenize::open_tokenizer() const {
  if (tokenizer_name_.empty()) return Tokenizer::clip(rules_);
  return std::filesystem::is_directory(tokenizer_name_) ? Tokenizer::from_folder(tokenizer_name_, rules_)
                                                        : Tokenizer::from_tokenizer_json(tokenizer_name_, rules_);
}

std::vector<std::vector<Tokenize::Row>> Tokenize::tokenize(std::span<const std::string> texts) const {
  std::vector<std::vector<Row>> rows(texts.size());
  if (!context_length_) {
    std::vector<Row> ids = tokenizer_->encode_batch(texts);
    for (size_t i = 0; i < texts.size(); ++i) rows[i].push_back(std::move(ids[i]));
    return rows;
  }
  std::vector<int64_t> row_text;
  const Tensor padded =
      tokenizer_->tokenize(texts, {.context_length = *context_length_, .overflow = overflow()}, &row_text);
  for (size_t r = 0; r < row_text.size(); ++r) {
    const auto row = padded.row<int32_t>(static_cast<int64_t>(r));
    rows[static_cast<size_t>(row_text[r])].emplace_back(row.begin(), row.end());
  }
  return rows;
}

void Tokenize::print_tokens(const std::string& text, const std::vector<Row>& rows) {
  if (json_) {
    for (const Row& row : rows) {
      JsonLine json;
      print(std::move(json.array(std::span<const int32_t>(row))).line());
    }
    return;
  }
  if (vocabulary_.empty()) vocabulary_ = tokenizer_->vocabulary();
  print(text + "\n");
  for (const Row& row : rows) {
    for (const int32_t id : row) {
      const std::string digits = std::to_string(id);
      print(std::string(digits.size() < 7 ? 7 - digits.size() : 0, ' ') + digits + "  " +
            vocabulary_[static_cast<size_t>(id)] + "\n");
    }
  }
}

// The good lines of the batch go through the tokenizer together. Where that fails the bad ones are looked for and left
// out.
void Tokenize::print_batch(std::vector<TextLine>& lines) {
  const auto tokenize_good = [&] {
    std::vector<std::string> texts;
    for (const TextLine& line : lines) {
      if (line.error.empty()) texts.push_back(line.text);
    }
    return tokenize(texts);
  };
  std::vector<std::vector<Row>> rows;
  try {
    rows = tokenize_good();
  } catch (const Error&) {
    bool found = false;
    for (size_t i = 0; i < lines.size(); ++i) {
      if (!lines[i].error.empty()) continue;
      const std::string problem =
          text_problem(*tokenizer_, lines[i].text, truncate_ || windows_ ? 0 : context_length_.value_or(0));
      if (problem.empty()) continue;
      lines[i].error = "text " + std::to_string(num_texts_ + static_cast<int64_t>(i) + 1) + ": " + problem;
      found = true;
    }
    if (!found) throw;
    rows = tokenize_good();
  }
  auto row = rows.begin();
  for (const TextLine& line : lines) {
    ++num_texts_;
    if (line.error.empty()) {
      print_tokens(line.text, *row++);
      continue;
    }
    ++num_bad_;
    message(line.error);
    if (json_) print("null\n");
  }
}

void Tokenize::print_decoded(const TextLine& line) {
  ++num_texts_;
  std::vector<int32_t> ids;
  const std::string& text = line.text;
  std::string problem = line.error;
  for (size_t i = 0; problem.empty();) {
    i = text.find_first_not_of(" ,[]\t", i);
    if (i == std::string::npos) break;
    int32_t id = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), id);
    const bool ends_well =
        end == text.data() + text.size() || std::string_view(" ,]\t").find(*end) != std::string_view::npos;
    if (error != std::errc() || !ends_well) {
      problem = "line " + std::to_string(num_texts_) + ": \"" + text.substr(i, text.find_first_of(" ,\t", i) - i) +
                "\" is no token id";
    }
    ids.push_back(id);
    i = static_cast<size_t>(end - text.data());
  }
  try {
    if (problem.empty()) print(tokenizer_->decode(ids) + "\n");
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kIo) throw;
    problem = "line " + std::to_string(num_texts_) + ": " + error.what();
  }
  if (problem.empty()) return;
  ++num_bad_;
  message(problem);
}

int Tokenize::run(const Arguments& arguments) {
  const std::vector<std::string> texts = arguments.all();
  if (!texts.empty() && !input_.empty()) throw UsageError("give texts or --input, not both");
  if (truncate_ && windows_) throw UsageError("--truncate and --windows exclude each other");
  if ((truncate_ || windows_) && !context_length_) throw UsageError("--truncate and --windows need --context-length");
  if (decode_ && (json_ || context_length_)) throw UsageError("--decode takes neither --json nor --context-length");
  tokenizer_ = open_tokenizer();

  std::optional<TextReader> reader;
  if (texts.empty()) reader.emplace(input_.empty() ? "-" : input_);
  size_t next_text = 0;
  const auto read = [&](TextLine& line) {
    if (reader) return reader->next(line);
    if (next_text == texts.size()) return false;
    line = {.text = texts[next_text++], .error = {}};
    return true;
  };
  std::vector<TextLine> batch;
  size_t batch_bytes = 0;
  for (TextLine line; read(line);) {
    if (decode_) {
      print_decoded(line);
      continue;
    }
    batch_bytes += line.text.size();
    batch.push_back(std::move(line));
    if (batch.size() < kTexts && batch_bytes < kTextBytes) continue;
    print_batch(batch);
    batch.clear();
    batch_bytes = 0;
  }
  print_batch(batch);
  if (num_bad_ > 0 && num_texts_ > 1) {
    message(std::to_string(num_bad_) + " of " + std::to_string(num_texts_) + " texts could not be tokenised");
  }
  return num_bad_ > 0 ? kFailure : kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_tokenize() {
  return std::make_unique<Tokenize>();
}

}  // namespace clipkit::cli
