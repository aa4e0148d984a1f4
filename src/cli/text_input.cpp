#include "cli/text_input.h"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "clipkit/error.h"

namespace clipkit::cli {

namespace {

constexpr size_t kMaxLineBytes = size_t{64} << 20;

std::string text_member(const std::string& line) {
  const nlohmann::json object = nlohmann::json::parse(line);
  if (!object.is_object()) throw std::invalid_argument("expected an object with a member \"text\"");
  const auto found = object.find("text");
  if (found == object.end()) throw std::invalid_argument("the object has no member \"text\"");
  if (!found->is_string()) throw std::invalid_argument("the member \"text\" is no string");
  return found->get<std::string>();
}

}  // namespace

TextReader::TextReader(const std::string& path)
    : name_(path == "-" ? "standard input" : path), is_jsonl_(path.ends_with(".jsonl")), file_(nullptr, std::fclose) {
  if (path == "-") {
    file_ = {stdin, [](std::FILE*) { return 0; }};
    return;
  }
  file_.reset(std::fopen(path.c_str(), "rbe"));
  if (file_ == nullptr) {
    throw Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                path + ": cannot read: " + std::strerror(errno));
  }
}

bool TextReader::next_line(std::string& line) {
  line.clear();
  char buffer[4096];
  size_t used = 0;
  while (true) {
    const int c = getc_unlocked(file_.get());
    if (c == EOF || c == '\n' || used == sizeof buffer) {
      line.append(buffer, used);
      used = 0;
      if (line.size() > kMaxLineBytes) {
        throw Error(ErrorCode::kUnsupported, name_ + ": line " + std::to_string(line_number_ + 1) + " is longer than " +
                                                 std::to_string(kMaxLineBytes) + " bytes");
      }
    }
    if (c == EOF) {
      if (std::ferror(file_.get()) != 0) throw Error(ErrorCode::kIo, name_ + ": cannot read: " + std::strerror(errno));
      if (line.empty()) return false;
      break;
    }
    if (c == '\n') break;
    buffer[used++] = static_cast<char>(c);
  }
  ++line_number_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line_number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  return true;
}

bool TextReader::next(TextLine& line) {
  line.error.clear();
  do {
    if (!next_line(line.text)) return false;
  } while (is_jsonl_ && line.text.find_first_not_of(" \t") == std::string::npos);
  if (!is_jsonl_) return true;
  try {
    line.text = text_member(line.text);
  } catch (const std::exception& error) {
    line.error = name_ + ": line " + std::to_string(line_number_) + ": " + error.what();
    line.text.clear();
  }
  return true;
}

std::vector<std::string> read_texts(const std::string& path) {
  TextReader reader(path);
  std::vector<std::string> texts;
  for (TextLine line; reader.next(line);) {
    if (!line.error.empty()) throw Error(ErrorCode::kCorrupt, line.error);
    texts.push_back(std::move(line.text));
  }
  return texts;
}

std::string text_problem(const Tokenizer& tokenizer, const std::string& text, int context_length) {
  try {
    const size_t tokens = tokenizer.encode(text).size() + 2;
    if (context_length == 0 || tokens <= static_cast<size_t>(context_length)) return "";
    return std::to_string(tokens) + " tokens with start and end, expected at most " + std::to_string(context_length);
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace clipkit::cli
