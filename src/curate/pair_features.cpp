#include "curate/pair_features.h"

#include <algorithm>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/utf8.h"
#include "clipkit/image.h"
#include "clipkit/tensor_file.h"
#include "curate/pair_reader.h"
#include "ops/similarity.h"

namespace clipkit {

namespace {

Tensor int64_tensor(const std::vector<int64_t>& values) {
  return Tensor::copy_of({values.data(), {static_cast<int64_t>(values.size())}, DType::kInt64});
}

// A tensor of a cached file, if it is there and of this kind.
const Tensor* find(const NamedTensors& file, const char* name, DType dtype, int rank) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) return nullptr;
  const Tensor& tensor = found->second;
  return tensor.dtype() == dtype && tensor.shape().rank() == rank ? &tensor : nullptr;
}

std::vector<int64_t> values_of(const Tensor* tensor) {
  if (tensor == nullptr) return {};
  const auto values = tensor->span<int64_t>();
  return {values.begin(), values.end()};
}

// False, and zeros, for a picture so long and thin that the model cannot take it.
bool preprocess_picture(const EncodedPair& pair, const PreprocessConfig& preprocess, int64_t max_pixels,
                        std::span<float> out) {
  const Image picture = decode_image(std::as_bytes(std::span(pair.picture)), pair.name, {.max_pixels = max_pixels});
  try {
    normalize(resize_and_crop(picture, preprocess), preprocess, out);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    std::fill(out.begin(), out.end(), 0.0F);
    return false;
  }
}

// Rows one after the other, normalised.
class RowStack {
 public:
  void add(Backend& backend, const Tensor& rows) {
    Tensor unit = Tensor::empty(rows.shape());
    run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = rows, .y = unit}); });
    width_ = unit.shape()[1];
    const auto values = unit.span<float>();
    values_.insert(values_.end(), values.begin(), values.end());
  }
  Tensor tensor() const {
    const int64_t rows = width_ > 0 ? static_cast<int64_t>(values_.size()) / width_ : 0;
    return Tensor::copy_of({values_.data(), {rows, width_}, DType::kFloat32});
  }

 private:
  std::vector<float> values_;
  int64_t width_ = 0;
};

}  // namespace

FeatureCache::FeatureCache(const FilterOptions& options, const PairSource& source, const Survey& survey,
                           const Encoder& encoder, bool with_captions, std::filesystem::path folder, std::string what)
    : options_(options),
      source_(source),
      survey_(survey),
      encoder_(encoder),
      with_captions_(with_captions),
      folder_(std::move(folder)),
      what_(std::move(what)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) fail(ErrorCode::kIo, folder_.string(), ": cannot make the folder: ", error.message());
}

std::filesystem::path FeatureCache::path_of(size_t chunk) const {
  std::string number = concat(chunk);
  number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');
  return folder_ / (number + ".safetensors");
}

std::vector<int64_t> FeatureCache::samples_of(size_t chunk) const {
  const auto& all = survey_.survivors;
  const size_t begin = chunk * kChunk, end = std::min(all.size(), begin + kChunk);
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

PairFeatures FeatureCache::get(size_t chunk, const CurateCallbacks& callbacks) const {
  if (auto cached = load(chunk)) return std::move(*cached);
  compute(chunk, callbacks);
  auto written = load(chunk);
  if (!written) fail(ErrorCode::kIo, path_of(chunk).string(), ": is not what was written");
  return std::move(*written);
}

std::optional<PairFeatures> FeatureCache::load(size_t chunk) const {
  NamedTensors file;
  try {
    file = read_tensor_file(path_of(chunk));
  } catch (const Error&) {
    return std::nullopt;  // not there, or not whole
  }
  const Tensor* image = find(file, "image", DType::kFloat32, 2);
  const Tensor* text = find(file, "text", DType::kFloat32, 2);
  PairFeatures features{values_of(find(file, "samples", DType::kInt64, 1)),
                        {},
                        {},
                        values_of(find(file, "caption_rows", DType::kInt64, 1)),
                        values_of(find(file, "captions", DType::kInt64, 1)),
                        values_of(find(file, "unusable", DType::kInt64, 1))};
  const auto n = static_cast<int64_t>(features.samples.size()), m = static_cast<int64_t>(features.captions.size());
  const auto& rows = features.caption_rows;
  const bool fits = file.metadata["features"] == what_ && features.samples == samples_of(chunk) && image != nullptr &&
                    image->shape()[0] == n && static_cast<int64_t>(rows.size()) == m &&
                    std::is_sorted(rows.begin(), rows.end()) && (m == 0 || (rows.front() >= 0 && rows.back() < n));
  const bool text_fits =
      !with_captions_ || (text != nullptr && text->shape() == Shape{m, image ? image->shape()[1] : 0});
  if (!fits || !text_fits) return std::nullopt;
  features.image = Tensor(image->view(), image->owner());
  if (with_captions_) features.text = Tensor(text->view(), text->owner());
  return features;
}

std::vector<bool> FeatureCache::dropped_captions(int64_t sample, size_t num_captions) const {
  std::vector<bool> dropped(num_captions, false);
  auto drop = std::lower_bound(survey_.drops.begin(), survey_.drops.end(), sample,
                               [](const Drop& d, int64_t s) { return d.sample < s; });
  for (; drop != survey_.drops.end() && drop->sample == sample; ++drop) {
    if (static_cast<size_t>(drop->caption) < num_captions) dropped[static_cast<size_t>(drop->caption)] = true;
  }
  return dropped;
}

void FeatureCache::compute(size_t chunk, const CurateCallbacks& callbacks) const {
  const std::vector<int64_t> samples = samples_of(chunk);
  const PreprocessConfig& preprocess = encoder_.preprocess;
  const auto n = static_cast<int64_t>(samples.size());
  const auto first = static_cast<int64_t>(chunk * kChunk);
  std::vector<int64_t> caption_rows, captions, unusable;
  std::vector<std::string> texts;
  struct Slot {
    std::vector<std::string> captions;
    bool usable = false;
  };
  std::vector<Slot> slots(kSlots);
  const Tensor pixels = Tensor::empty({static_cast<int64_t>(kBatch), 3, preprocess.height, preprocess.width});
  RowStack image, text;
  const auto encode_texts = [&](bool all) {
    while (texts.size() >= kBatch || (all && !texts.empty())) {
      const size_t count = std::min(kBatch, texts.size());
      text.add(*encoder_.backend, encoder_.encode_texts(std::span(texts).first(count)));
      texts.erase(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(count));
    }
  };
  // Pictures are decoded a batch at a time: all of a chunk would be gigabytes of pixels.
  CurateCallbacks shifted = callbacks;
  if (callbacks.progress) {
    shifted.progress = [&](std::string_view what, int64_t done, int64_t) {
      callbacks.progress(what, first + done, static_cast<int64_t>(survey_.survivors.size()));
    };
  }
  for (int64_t begin = 0; begin < n; begin += static_cast<int64_t>(kBatch)) {
    const int64_t end = std::min(n, begin + static_cast<int64_t>(kBatch));
    in_order(options_.input, shifted,
             {.what = "encoded",
              .begin = begin,
              .end = end,
              .look =
                  [&](int64_t i, size_t slot) {
                    EncodedPair pair = source_.read(samples[static_cast<size_t>(i)]);
                    slots[slot].usable = preprocess_picture(pair, preprocess, options_.input.max_image_pixels,
                                                            pixels.row<float>(i - begin));
                    slots[slot].captions = std::move(pair.captions);
                  },
              .use =
                  [&](int64_t i, size_t slot) {
                    if (!slots[slot].usable) unusable.push_back(i);
                    if (!with_captions_) return;
                    const auto& found = slots[slot].captions;
                    const std::vector<bool> dropped = dropped_captions(samples[static_cast<size_t>(i)], found.size());
                    for (size_t c = 0; c < dropped.size(); ++c) {
                      if (dropped[c]) continue;
                      caption_rows.push_back(i);
                      captions.push_back(static_cast<int64_t>(c));
                      texts.push_back(replace_invalid_utf8(found[c]));
                    }
                  }});
    image.add(*encoder_.backend, encoder_.encode_pixels(pixels.view().slice(0, end - begin), Output::kFeatures));
    encode_texts(end == n);
  }
  NamedTensors file;
  file.metadata["features"] = what_;
  file.tensors.emplace("samples", int64_tensor(samples));
  file.tensors.emplace("image", image.tensor());
  file.tensors.emplace("unusable", int64_tensor(unusable));
  if (with_captions_) {
    file.tensors.emplace("text", text.tensor());
    file.tensors.emplace("caption_rows", int64_tensor(caption_rows));
    file.tensors.emplace("captions", int64_tensor(captions));
  }
  write_tensor_file(path_of(chunk), file);
}

}  // namespace clipkit
