#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit::cli {

// An item that embed has dealt with: it has a row, or an error.
struct EmbeddedItem {
  std::string name;   // of the file, or the text itself
  std::string error;  // empty if it has a row
};

// Where embed's rows go, in the order of the items. Errors: clipkit::Error.
class EmbedOutput {
 public:
  virtual ~EmbedOutput() = default;
  // What an earlier run has dealt with: the names of its items, and how many of them were bad.
  const std::vector<std::string>& done() const noexcept { return done_; }
  int64_t num_bad_done() const noexcept { return num_bad_done_; }
  // rows has one row for each item without an error and is not looked at if there is none.
  virtual void append(std::span<const EmbeddedItem> items, TensorView rows) = 0;
  // Everything is there: puts the file under its name. Without it what was appended stays beside it and can be resumed.
  virtual void finish() = 0;

 protected:
  std::vector<std::string> done_;
  int64_t num_bad_done_ = 0;
};

// What the items are called ("file", "text"), and all that decides the rows, as JSON: a run can be resumed only with
// the same settings.
struct EmbedSettings {
  std::string key;
  std::string settings;
  DType dtype = DType::kFloat32;  // of the rows
};

// One JSON object a row on standard output.
std::unique_ptr<EmbedOutput> embed_to_stdout(EmbedSettings settings);

// A .npy, .safetensors or .jsonl file. While it grows it is called FILE.partial; FILE.partial.items.jsonl beside it
// says, a line for each item, which row it has or what is wrong with it. finish() renames both to FILE and
// FILE.items.jsonl. resume takes up FILE.partial, or a copy of the finished FILE, after the last item of which both
// files are whole; without it, a FILE.partial that is there is an error, so that no work is lost by mistake.
std::unique_ptr<EmbedOutput> embed_to_file(const std::string& path, EmbedSettings settings, bool resume);

}  // namespace clipkit::cli
