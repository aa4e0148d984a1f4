#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "text/vocabulary.h"

namespace clipkit {

namespace {

constexpr size_t kMaxFileBytes = size_t{64} << 20;

// Fills a vocabulary step by step; place begins every message.
class Builder {
 public:
  // At most max_tokens tokens will come, so that no id can be larger.
  Builder(std::string place, size_t max_tokens) : place_(std::move(place)), max_tokens_(max_tokens) {}

  // `added` tokens come on top of the model's own, from another list of the file: they may repeat what is there.
  void add_token(const std::string& token, const Json& id, bool added = false) {
    const bool is_index = id.is_number_unsigned() && id.get<uint64_t>() < max_tokens_;
    if (!is_index) {
      fail(ErrorCode::kCorrupt, place_, ": token \"", token, "\" has id ", id.dump(), ", expected an integer below ",
           max_tokens_, ", the number of tokens");
    }
    const size_t index = id.get<size_t>();
    if (index >= found_.size()) {
      found_.resize(index + 1);
      tokens_.resize(index + 1);
    }
    if (found_[index] && !(added && tokens_[index] == token)) {
      fail(ErrorCode::kCorrupt, place_, ": id ", index, " stands for \"", tokens_[index], "\" and for \"", token, "\"");
    }
    found_[index] = true;
    tokens_[index] = token;
  }

  // After the last token: all ids are there, the byte symbols and the special tokens have theirs.
  void finish_tokens() {
    const auto missing = std::find(found_.begin(), found_.end(), false);
    if (missing != found_.end() || found_.empty()) {
      fail(ErrorCode::kCorrupt, place_, ": no token has id ", missing - found_.begin(), ", expected all from 0 on");
    }
    for (size_t i = 0; i < found_.size(); ++i) {
      const auto [at, inserted] = ids_.emplace(tokens_[i], static_cast<int32_t>(i));
      if (!inserted) {
        fail(ErrorCode::kCorrupt, place_, ": token \"", tokens_[i], "\" has the ids ", at->second, " and ", i);
      }
      vocabulary_->tokens.add(tokens_[i]);
    }
    for (size_t byte = 0; byte < 256; ++byte) {
      std::string symbol;
      append_utf8(symbol, ByteSymbols::get().character(static_cast<uint8_t>(byte)));
      vocabulary_->byte_ids[byte] = id_of(symbol, "a byte symbol");
      vocabulary_->end_byte_ids[byte] = id_of(symbol + std::string(kEndOfWord), "a byte symbol");
    }
    const bool open_clip = ids_.contains(kOpenClipSpecials[0]) && !ids_.contains(kOpenAiSpecials[0]);
    const auto& specials = open_clip ? kOpenClipSpecials : kOpenAiSpecials;
    for (size_t i = 0; i < 2; ++i) vocabulary_->special_ids[i] = id_of(specials[i], "a special token");
  }

  void add_merge(std::string_view left, std::string_view right, size_t number) {
    const std::string what = concat("a part or the result of merge ", number, " (\"", left, " ", right, "\")");
    merges_.push_back({id_of(left, what), id_of(right, what), id_of(concat(left, right), what)});
    const uint64_t pair =
        uint64_t{static_cast<uint32_t>(merges_.back().left)} << 32 | static_cast<uint32_t>(merges_.back().right);
    if (const auto [at, inserted] = merge_numbers_.emplace(pair, number); !inserted) {
      fail(ErrorCode::kCorrupt, place_, ": merge ", number, " (\"", left, " ", right, "\") is the same as merge ",
           at->second);
    }
  }

  std::shared_ptr<const Vocabulary> finish() {
    vocabulary_->merges = MergeTable(std::move(merges_));
    return std::move(vocabulary_);
  }

  void set_place(std::string place) { place_ = std::move(place); }
  const std::string& place() const { return place_; }

 private:
  int32_t id_of(std::string_view token, std::string_view what) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) {
      fail(ErrorCode::kCorrupt, place_, ": \"", token, "\", ", what, ", is not in the vocabulary");
    }
    return found->second;
  }

  std::string place_;
  size_t max_tokens_;
  std::shared_ptr<Vocabulary> vocabulary_ = std::make_shared<Vocabulary>();
  std::vector<bool> found_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string_view, int32_t> ids_;  // of tokens_
  std::vector<MergeTable::Merge> merges_;
  std::unordered_map<uint64_t, size_t> merge_numbers_;
};

void add_merge_text(Builder& builder, std::string_view text, size_t number) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0 || space + 1 == text.size() ||
      text.find(' ', space + 1) != std::string_view::npos) {
    fail(ErrorCode::kCorrupt, builder.place(), ": merge ", number, " is \"", text,
         "\", expected two symbols separated by a space");
  }
  builder.add_merge(text.substr(0, space), text.substr(space + 1), number);
}

const Json& member(const Json& object, const char* name, Json::value_t type, const std::string& place) {
  const auto found = object.find(name);
  if (found == object.end() || found->type() != type) {
    fail(ErrorCode::kCorrupt, place, ": \"", name, "\" is missing or not ",
         type == Json::value_t::array ? "an array" : "an object");
  }
  return *found;
}

}  // namespace

std::shared_ptr<const Vocabulary> parse_vocabulary(const PlacedText& vocab_json, const PlacedText& merges_txt) {
  const Json vocab = parse_json(vocab_json.text, vocab_json.place);
  if (!vocab.is_object()) fail(ErrorCode::kCorrupt, vocab_json.place, ": expected an object of tokens and ids");
  Builder builder(vocab_json.place, vocab.size());
  for (const auto& [token, id] : vocab.items()) builder.add_token(token, id);
  builder.finish_tokens();

  builder.set_place(merges_txt.place);
  std::string_view rest = merges_txt.text;
  for (size_t number = 0, line_number = 0; !rest.empty(); ++line_number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const bool is_header = line_number == 0 && line.find("#version") != std::string_view::npos;
    if (!is_header && !line.empty()) add_merge_text(builder, line, number++);
  }
  return builder.finish();
}

std::shared_ptr<const Vocabulary> read_vocabulary(const std::filesystem::path& vocab_json,
                                                  const std::filesystem::path& merges_txt) {
  const std::string vocab = read_file(vocab_json, kMaxFileBytes), merges = read_file(merges_txt, kMaxFileBytes);
  return parse_vocabulary({vocab, vocab_json.string()}, {merges, merges_txt.string()});
}

std::shared_ptr<const Vocabulary> read_tokenizer_json(const std::filesystem::path& path) {
  const std::string place = path.string();
  const Json root = read_json(path, kMaxFileBytes);
  if (!root.is_object()) fail(ErrorCode::kCorrupt, place, ": expected an object");
  const Json& model = member(root, "model", Json::value_t::object, place);
  if (const auto type = model.find("type"); type != model.end() && *type != "BPE") {
    fail(ErrorCode::kUnsupported, place, ": the tokenizer model is ", type->dump(), ", expected \"BPE\"");
  }
  if (const auto suffix = model.find("end_of_word_suffix"); suffix == model.end() || *suffix != kEndOfWord) {
    fail(ErrorCode::kUnsupported, place, ": end_of_word_suffix is ", suffix == model.end() ? "missing" : suffix->dump(),
         ", expected \"", kEndOfWord, "\": this is not CLIP's kind of tokenizer");
  }
  const Json& vocab = member(model, "vocab", Json::value_t::object, place);
  static const Json kNone = Json::array();
  const Json& added = root.contains("added_tokens") ? member(root, "added_tokens", Json::value_t::array, place) : kNone;
  Builder builder(place, vocab.size() + added.size());
  for (const auto& [token, id] : vocab.items()) builder.add_token(token, id);
  for (const Json& token : added) {
    const auto content = token.is_object() ? token.find("content") : token.end();
    if (content == token.end() || !content->is_string() || !token.contains("id")) {
      fail(ErrorCode::kCorrupt, place, ": an entry of \"added_tokens\" has no \"content\" or no \"id\"");
    }
    builder.add_token(content->get<std::string>(), token["id"], /*added=*/true);
  }
  builder.finish_tokens();
  size_t number = 0;
  for (const Json& merge : member(model, "merges", Json::value_t::array, place)) {
    if (merge.is_string()) {
      add_merge_text(builder, merge.get_ref<const std::string&>(), number);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      builder.add_merge(merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>(), number);
    } else {
      fail(ErrorCode::kCorrupt, place, ": merge ", number, " is neither a string nor a pair of strings");
    }
    ++number;
  }
  return builder.finish();
}

}  // namespace clipkit
