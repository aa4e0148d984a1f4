#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "clipkit/tokenizer.h"

namespace clipkit::cli {

// One text from a file, or why the line holds none.
struct TextLine {
  std::string text;
  std::string error;  // "captions.jsonl: line 3: ..."
};

// Texts from a file, a line each; from a .jsonl file, the member "text" of each line's object. "-" is standard input,
// plain lines. A line feed at the end of the last line is optional, a byte order mark and carriage returns are dropped;
// an empty line is an empty text, but nothing in .jsonl.
class TextReader {
 public:
  // Errors: clipkit::Error kNotFound, kIo.
  explicit TextReader(const std::string& path);
  // False at the end. Errors: kIo; kUnsupported for a line of more than 64 MiB.
  bool next(TextLine& line);

 private:
  bool next_line(std::string& line);

  std::string name_;
  bool is_jsonl_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  int64_t line_number_ = 0;
};

// All of them; the first bad line is an error.
std::vector<std::string> read_texts(const std::string& path);

// Why the tokenizer cannot make a row of context_length of a text (0: of any length), or "".
std::string text_problem(const Tokenizer& tokenizer, const std::string& text, int context_length);

}  // namespace clipkit::cli
