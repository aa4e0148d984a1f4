#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/check.h"
#include "data/labelled_set.h"
#include "data/made_pairs.h"
#include "eval/encoder.h"
#include "ops/reference/reference_backend.h"

namespace clipkit::testing {

// Pictures of one colour: that of class c has 255 in channel c of three, and noise. Those in `wrong` have the colour of
// the next class; those in `damaged` cannot be read.
class MadeReader : public LabelledReader {
 public:
  MadeReader(int64_t size, int classes) : size_(size), classes_(classes) {}
  int64_t size() const noexcept override { return size_; }
  PictureLabels labels(int64_t index) const override { return {.present = {class_of(index)}}; }
  LabelledPicture read(int64_t index) const override {
    if (has(damaged, index)) fail(ErrorCode::kCorrupt, "picture ", index, ": damaged");
    LabelledPicture picture{.name = concat("picture ", index)};
    picture.labels = labels(index);
    const int32_t shown = (class_of(index) + (has(wrong, index) ? 1 : 0)) % classes_;
    picture.image = {.mode = ImageMode::kRgb, .width = 4, .height = 4};
    for (int i = 0; i < 16 * 3; ++i)
      picture.image.pixels.push_back(i % 3 == shown ? 255 : static_cast<uint8_t>((7 * i + index * 13) % 90));
    return picture;
  }
  std::vector<int64_t> wrong{}, damaged{};

 private:
  static bool has(const std::vector<int64_t>& list, int64_t index) {
    return std::find(list.begin(), list.end(), index) != list.end();
  }
  int32_t class_of(int64_t index) const { return static_cast<int32_t>(index % classes_); }
  int64_t size_;
  int classes_;
};

inline LabelledSet made_set(int64_t size, int classes = 3) {
  static const std::vector<std::vector<std::string>> kColours = {{"red"}, {"green"}, {"blue"}};
  LabelledSet set;
  set.key = "made";
  set.title = "Made";
  set.path = "made";
  set.split = "test";
  set.classes.assign(kColours.begin(), kColours.begin() + classes);
  set.templates = {"a {} picture", "{}"};
  set.reader = std::make_unique<MadeReader>(size, classes);
  return set;
}
inline MadeReader& reader_of(LabelledSet& set) {
  return dynamic_cast<MadeReader&>(*set.reader);
}

// An encoder that knows colours: a picture's features are its mean colour, a text's the colour that it names. Its
// context is 40 letters.
struct MadeEncoder {
  std::unique_ptr<Backend> backend = make_reference_backend(DType::kFloat32);
  Encoder encoder;
  MadeEncoder() {
    encoder.fingerprint = "made";
    encoder.preprocess.height = encoder.preprocess.width = 4;
    encoder.embed_dim = 3;
    encoder.backend = backend.get();
    encoder.encode_pixels = [](TensorView pixels, Output) {
      Tensor rows = Tensor::zeros({pixels.shape()[0], 3});
      for (int64_t i = 0; i < pixels.shape()[0]; ++i) {
        for (size_t d = 0; d < 48; ++d) rows.row<float>(i)[d / 16] += (pixels.row<float>(i)[d] + 2) / 16;
      }
      return rows;
    };
    encoder.count_cut = [](std::span<const std::string> texts) {
      return std::count_if(texts.begin(), texts.end(), [](const std::string& text) { return text.size() > 40; });
    };
    encoder.encode_texts = [](std::span<const std::string> texts) {
      Tensor rows = Tensor::zeros({static_cast<int64_t>(texts.size()), 3});
      for (size_t i = 0; i < texts.size(); ++i) {
        const char* names[] = {"red", "green", "blue"};
        for (size_t d = 0; d < 3; ++d)
          rows.row<float>(static_cast<int64_t>(i))[d] = texts[i].find(names[d]) != std::string::npos ? 1.0F : 0.01F;
      }
      return rows;
    };
  }
};

}  // namespace clipkit::testing
