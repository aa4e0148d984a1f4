#include "cli/embed_source.h"

#include <algorithm>
#include <optional>

#include "clipkit/error.h"
#include "clipkit/npy.h"

#include "cli/picture_loader.h"
#include "cli/text_input.h"

namespace clipkit::cli {

namespace {

class PictureSource : public EmbedSource {
 public:
  PictureSource(std::vector<std::string> files, const DecodeOptions& decode, int64_t ahead)
      : files_(std::move(files)), decode_(decode), ahead_(ahead) {}
  const char* key() const noexcept override { return "file"; }
  int64_t num_items() const noexcept override { return static_cast<int64_t>(files_.size()); }
  std::string name(int64_t item) const override { return files_[static_cast<size_t>(item)]; }

  void start(const Model& model, Output output, int64_t first) override {
    model_ = &model;
    output_ = output;
    loader_.emplace(std::vector(files_.begin() + first, files_.end()), model.config().preprocess, decode_, ahead_);
  }

  Tensor encode(int64_t begin, int64_t end, std::vector<std::string>& errors) override {
    const PreprocessConfig& preprocess = model_->config().preprocess;
    const Tensor pixels = Tensor::empty({end - begin, 3, preprocess.height, preprocess.width});
    int64_t good = 0;
    for (int64_t i = begin; i < end; ++i) {
      PictureLoader::Picture picture = loader_->next();
      errors[static_cast<size_t>(i - begin)] = std::move(picture.error);
      if (picture.pixels.empty()) continue;
      std::copy(picture.pixels.begin(), picture.pixels.end(), pixels.row<float>(good++).begin());
    }
    return good > 0 ? model_->encode_pixels(pixels.view().slice(0, good), output_) : Tensor();
  }

 private:
  std::vector<std::string> files_;
  DecodeOptions decode_;
  int64_t ahead_;
  const Model* model_ = nullptr;
  Output output_{};
  std::optional<PictureLoader> loader_;
};

class PixelSource : public EmbedSource {
 public:
  explicit PixelSource(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      Tensor pixels = read_npy(file);
      if (pixels.dtype() != DType::kFloat32 || pixels.shape().rank() != 4 || pixels.shape()[1] != 3) {
        throw Error(ErrorCode::kInvalidArgument, file + ": has " + to_string(pixels.dtype()) + " " +
                                                     to_string(pixels.shape()) + ", expected float32 [N, 3, S, S]");
      }
      const int64_t end = num_items() + pixels.shape()[0];
      parts_.push_back({file, std::move(pixels), end});
    }
  }
  const char* key() const noexcept override { return "item"; }
  int64_t num_items() const noexcept override { return parts_.empty() ? 0 : parts_.back().end; }
  std::string name(int64_t item) const override {
    const Part& part = part_of(item);
    return part.file + "[" + std::to_string(item - part.begin()) + "]";
  }
  void start(const Model& model, Output output, int64_t) override {
    model_ = &model;
    output_ = output;
  }
  Tensor encode(int64_t begin, int64_t end, std::vector<std::string>&) override {
    const Part& part = part_of(begin);
    if (end <= part.end)
      return model_->encode_pixels(part.pixels.view().slice(begin - part.begin(), end - part.begin()), output_);
    // A batch that spans files. Their pictures need not be of one size: then the model says what it expects.
    const Shape& shape = part.pixels.shape();
    const Tensor pixels = Tensor::empty({end - begin, 3, shape[2], shape[3]});
    for (int64_t i = begin; i < end; ++i) {
      const Part& from = part_of(i);
      const auto row = from.pixels.row<float>(i - from.begin()), to = pixels.row<float>(i - begin);
      if (row.size() != to.size()) {
        throw Error(ErrorCode::kInvalidArgument,
                    from.file + ": has " + to_string(from.pixels.shape()) + ", the file before it " + to_string(shape));
      }
      std::copy(row.begin(), row.end(), to.begin());
    }
    return model_->encode_pixels(pixels, output_);
  }

 private:
  struct Part {
    std::string file;
    Tensor pixels;
    int64_t end;  // one past its last item
    int64_t begin() const { return end - pixels.shape()[0]; }
  };
  const Part& part_of(int64_t item) const {
    return *std::upper_bound(parts_.begin(), parts_.end(), item,
                             [](int64_t i, const Part& part) { return i < part.end; });
  }

  std::vector<Part> parts_;
  const Model* model_ = nullptr;
  Output output_{};
};

class TextSource : public EmbedSource {
 public:
  TextSource(const std::string& file, Overflow overflow) : file_(file), overflow_(overflow) {
    TextReader reader(file);
    for (TextLine line; reader.next(line);) lines_.push_back(std::move(line));
    if (lines_.empty()) throw Error(ErrorCode::kInvalidArgument, file + ": there are no texts in this file");
  }
  const char* key() const noexcept override { return "text"; }
  int64_t num_items() const noexcept override { return static_cast<int64_t>(lines_.size()); }
  std::string name(int64_t item) const override { return lines_[static_cast<size_t>(item)].text; }
  void start(const Model& model, Output output, int64_t) override {
    model_ = &model;
    output_ = output;
  }

  Tensor encode(int64_t begin, int64_t end, std::vector<std::string>& errors) override {
    for (int64_t i = begin; i < end; ++i) errors[static_cast<size_t>(i - begin)] = lines_[static_cast<size_t>(i)].error;
    try {
      return encode_good(begin, errors);
    } catch (const Error&) {
      // One bad text must not spoil its batch: each is tried alone.
      if (!find_bad(begin, errors)) throw;
      return encode_good(begin, errors);
    }
  }

 private:
  Tensor encode_good(int64_t begin, const std::vector<std::string>& errors) const {
    std::vector<std::string> texts;
    for (size_t i = 0; i < errors.size(); ++i) {
      if (errors[i].empty()) texts.push_back(lines_[static_cast<size_t>(begin) + i].text);
    }
    return texts.empty() ? Tensor() : model_->encode_text(texts, output_, overflow_);
  }

  bool find_bad(int64_t begin, std::vector<std::string>& errors) const {
    const int longest = overflow_ == Overflow::kError ? model_->config().text.context_length : 0;
    bool found = false;
    for (size_t i = 0; i < errors.size(); ++i) {
      if (!errors[i].empty()) continue;
      const size_t item = static_cast<size_t>(begin) + i;
      const std::string problem = text_problem(*model_->tokenizer(), lines_[item].text, longest);
      if (problem.empty()) continue;
      errors[i] = file_ + ": text " + std::to_string(item + 1) + ": " + problem;
      found = true;
    }
    return found;
  }

  std::string file_;
  std::vector<TextLine> lines_;
  Overflow overflow_;
  const Model* model_ = nullptr;
  Output output_{};
};

class TokenSource : public EmbedSource {
 public:
  explicit TokenSource(const std::string& file) : file_(file), tokens_(read_npy(file)) {
    const bool is_integer = tokens_.dtype() == DType::kInt32 || tokens_.dtype() == DType::kInt64;
    if (!is_integer || tokens_.shape().rank() != 2) {
      throw Error(ErrorCode::kInvalidArgument, file + ": has " + to_string(tokens_.dtype()) + " " +
                                                   to_string(tokens_.shape()) + ", expected int32 or int64 [N, L]");
    }
  }
  const char* key() const noexcept override { return "item"; }
  int64_t num_items() const noexcept override { return tokens_.shape()[0]; }
  std::string name(int64_t item) const override { return file_ + "[" + std::to_string(item) + "]"; }
  void start(const Model& model, Output output, int64_t) override {
    model_ = &model;
    output_ = output;
  }
  Tensor encode(int64_t begin, int64_t end, std::vector<std::string>&) override {
    return model_->encode_tokens(tokens_.view().slice(begin, end), output_);
  }

 private:
  std::string file_;
  Tensor tokens_;
  const Model* model_ = nullptr;
  Output output_{};
};

}  // namespace

std::unique_ptr<EmbedSource> picture_source(std::vector<std::string> files, const DecodeOptions& decode,
                                            int64_t ahead) {
  return std::make_unique<PictureSource>(std::move(files), decode, ahead);
}
std::unique_ptr<EmbedSource> pixel_source(const std::vector<std::string>& files) {
  return std::make_unique<PixelSource>(files);
}
std::unique_ptr<EmbedSource> text_source(const std::string& file, Overflow overflow) {
  return std::make_unique<TextSource>(file, overflow);
}
std::unique_ptr<EmbedSource> token_source(const std::string& file) {
  return std::make_unique<TokenSource>(file);
}

}  // namespace clipkit::cli
