#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clipkit/model.h"

namespace clipkit::cli {

// What embed turns into rows: pictures, pixels, texts or tokens, in order.
class EmbedSource {
 public:
  virtual ~EmbedSource() = default;
  virtual const char* key() const noexcept = 0;  // what an item is called in the output: "file", "text", "item"
  virtual int64_t num_items() const noexcept = 0;
  virtual std::string name(int64_t item) const = 0;

  // Once, before encode: the model and the first item that will be asked for.
  virtual void start(const Model& model, Output output, int64_t first) = 0;
  // The rows of the items [begin, end) that have one. errors has end - begin empty strings and receives what is wrong
  // with the others. Ranges ascend without gaps. Errors: clipkit::Error for what concerns all items.
  virtual Tensor encode(int64_t begin, int64_t end, std::vector<std::string>& errors) = 0;
};

// Picture files, decoded on threads of their own; at most `ahead` pictures ahead of the model.
std::unique_ptr<EmbedSource> picture_source(std::vector<std::string> files, const DecodeOptions& decode, int64_t ahead);
// .npy files of float32 (N, 3, S, S), one after the other. Errors: clipkit::Error, naming the file.
std::unique_ptr<EmbedSource> pixel_source(const std::vector<std::string>& files);
// A text file, see TextReader. Lines that hold no text are bad items.
std::unique_ptr<EmbedSource> text_source(const std::string& file, Overflow overflow);
// A .npy file of int32 or int64 (N, L). Errors: clipkit::Error, naming the file.
std::unique_ptr<EmbedSource> token_source(const std::string& file);

}  // namespace clipkit::cli
