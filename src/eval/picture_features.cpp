#include "eval/picture_features.h"

#include <algorithm>
#include <future>
#include <thread>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sha256.h"
#include "data/on_threads.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kBatch = 64;  // pictures in memory at once, twice: one batch is read while the other is encoded

const char* name_of(Output output) {
  return output == Output::kBeforeProjection ? "before-projection" : "features";
}

// Pictures [begin, end), read, and perhaps as pixels.
struct Batch {
  Tensor pixels;
  std::vector<PictureDigest> digests;
  std::vector<std::string> errors;  // empty for those that can be read
};

class FeatureRun {
 public:
  FeatureRun(const PictureSource& source, const Encoder& encoder, const PictureFeaturesOptions& options,
             const EvalCallbacks& callbacks)
      : source_(source),
        encoder_(encoder),
        options_(options),
        callbacks_(callbacks),
        threads_(options.threads > 0 ? options.threads
                                     : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {
    OrderedJson made_with = {{"layout", 1}, {"model", encoder.fingerprint}, {"layer", name_of(options.output)}};
    made_with_ = made_with.dump();
    if (options.cache.empty()) return;
    folder_ = options.cache / sha256_hex_of(concat(made_with_, source.name)).substr(0, 24);
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) fail(ErrorCode::kIo, folder_.string(), ": cannot make the folder: ", error.message());
  }

  std::string for_each_chunk(const std::function<void(int64_t begin, const FeatureChunk& chunk)>& use) const {
    Sha256 all;
    for (int64_t begin = 0; begin < source_.size; begin += kFeatureChunk) {
      const FeatureChunk made = chunk(begin, std::min(source_.size, begin + kFeatureChunk));
      all.update(made.digests.data(), made.digests.size() * sizeof(PictureDigest));
      use(begin, made);
    }
    return all.hex_digest();
  }

  PictureFeatures run() const {
    PictureFeatures result;
    Tensor rows;  // room for all pictures: features may be most of what memory holds, and are held once
    std::string first_error;
    result.sha256 = for_each_chunk([&](int64_t begin, const FeatureChunk& made) {
      if (!rows) rows = Tensor::empty({source_.size, made.x.shape()[1]});
      for (int64_t row = 0; row < made.x.shape()[0]; ++row) {
        if (const auto error = made.errors.find(row); error != made.errors.end()) {
          if (first_error.empty()) first_error = error->second;
          result.unreadable.push_back({name(begin + row), error->second});
          continue;
        }
        const auto from = made.x.row<float>(row);
        std::copy(from.begin(), from.end(), rows.row<float>(static_cast<int64_t>(result.pictures.size())).begin());
        result.pictures.push_back(begin + row);
      }
    });
    if (result.pictures.empty()) {
      fail(ErrorCode::kCorrupt, source_.name, ": not one of ", source_.size, " pictures can be read",
           first_error.empty() ? "" : concat("; ", first_error));
    }
    result.x = {rows.view().slice(0, static_cast<int64_t>(result.pictures.size())), rows.owner()};
    return result;
  }

 private:
  static std::string sha256_hex_of(const std::string& text) { return sha256_hex(text.data(), text.size()); }

  std::string name(int64_t index) const {
    try {
      return source_.read(index).name;
    } catch (const Error&) {
      return concat("picture ", index);
    }
  }

  void check_stop() const {
    if (callbacks_.stop && callbacks_.stop()) fail(ErrorCode::kCancelled, source_.name, ": stopped");
  }

  Batch read(int64_t begin, int64_t end, bool with_pixels) const {
    const auto n = static_cast<size_t>(end - begin);
    Batch batch{{}, std::vector<PictureDigest>(n), std::vector<std::string>(n)};
    const PreprocessConfig& preprocess = encoder_.preprocess;
    if (with_pixels) batch.pixels = Tensor::empty({end - begin, 3, preprocess.height, preprocess.width});
    on_threads(end - begin, threads_, [&](int64_t i) {
      const auto slot = static_cast<size_t>(i);
      try {
        LabelledPicture picture = source_.read(begin + i);
        batch.digests[slot] = digest_of(picture);
        if (!with_pixels) return;
        normalize(resize_and_crop(decode_picture(std::move(picture)), preprocess), preprocess,
                  batch.pixels.row<float>(i));
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kOutOfMemory) throw;
        batch.errors[slot] = error.what();
        if (with_pixels) std::fill_n(batch.pixels.row<float>(i).begin(), batch.pixels.row<float>(i).size(), 0.0F);
      }
    });
    return batch;
  }

  FeatureChunk chunk(int64_t begin, int64_t end) const {
    std::string number = concat(begin / kFeatureChunk);
    number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');
    const fs::path path = folder_.empty() ? fs::path() : folder_ / (number + ".safetensors");
    if (!path.empty()) {
      if (auto cached = read_chunk(path, made_with_)) {
        if (is_current(*cached, begin, end)) return std::move(*cached);
        log_info(path.string(), ": the pictures have changed since; encoding them again");
      }
    }
    FeatureChunk made = compute(begin, end);
    if (!path.empty()) write_chunk(path, made, made_with_);
    return made;
  }

  // Whether the pictures are still those that the chunk was made of.
  bool is_current(const FeatureChunk& cached, int64_t begin, int64_t end) const {
    if (static_cast<int64_t>(cached.digests.size()) != end - begin) return false;
    for (int64_t from = begin; from < end; from += kBatch) {
      check_stop();
      const int64_t to = std::min(end, from + kBatch);
      const Batch batch = read(from, to, false);
      if (!std::equal(batch.digests.begin(), batch.digests.end(), cached.digests.begin() + (from - begin)))
        return false;
      report(to);
    }
    return true;
  }

  FeatureChunk compute(int64_t begin, int64_t end) const {
    FeatureChunk chunk;
    std::vector<float> values;
    int64_t width = 0;
    const auto start = [&](int64_t from) {
      return std::async(std::launch::async, [=, this] { return read(from, std::min(end, from + kBatch), true); });
    };
    std::future<Batch> next = start(begin);
    for (int64_t from = begin; from < end; from += kBatch) {
      check_stop();
      const Batch batch = next.get();
      if (from + kBatch < end) next = start(from + kBatch);
      const Tensor rows = encoder_.encode_pixels(batch.pixels, options_.output);
      width = rows.shape()[1];
      for (size_t i = 0; i < batch.errors.size(); ++i) {
        const auto row = rows.row<float>(static_cast<int64_t>(i));
        if (!batch.errors[i].empty()) {
          chunk.errors[from - begin + static_cast<int64_t>(i)] = batch.errors[i];
          std::fill(row.begin(), row.end(), 0.0F);
        }
      }
      chunk.digests.insert(chunk.digests.end(), batch.digests.begin(), batch.digests.end());
      values.insert(values.end(), rows.data<float>(), rows.data<float>() + rows.num_elements());
      report(std::min(end, from + kBatch));
    }
    chunk.x = Tensor::copy_of({values.data(), {end - begin, width}, DType::kFloat32});
    return chunk;
  }

  void report(int64_t done) const {
    if (callbacks_.progress) callbacks_.progress(options_.what, done, source_.size);
  }

  const PictureSource& source_;
  const Encoder& encoder_;
  const PictureFeaturesOptions& options_;
  const EvalCallbacks& callbacks_;
  const int threads_;
  std::string made_with_;
  fs::path folder_;
};

}  // namespace

PictureFeatures picture_features(const PictureSource& source, const Encoder& encoder,
                                 const PictureFeaturesOptions& options, const EvalCallbacks& callbacks) {
  return FeatureRun(source, encoder, options, callbacks).run();
}

std::string for_each_feature_chunk(const PictureSource& source, const Encoder& encoder,
                                   const PictureFeaturesOptions& options, const EvalCallbacks& callbacks,
                                   const std::function<void(int64_t begin, const FeatureChunk& chunk)>& use) {
  return FeatureRun(source, encoder, options, callbacks).for_each_chunk(use);
}

}  // namespace clipkit
