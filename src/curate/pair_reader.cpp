#include "curate/pair_reader.h"

#include <algorithm>
#include <thread>

#include "base/check.h"
#include "data/on_threads.h"
#include "image/decode.h"

namespace clipkit {

std::unique_ptr<PairSource> open_input(const PairsInput& input) {
  constexpr int kMaxThreads = 1024;
  CLIPKIT_CHECK(!input.pairs.empty(), "there are no pairs to read: name shards, a list or a folder");
  CLIPKIT_CHECK(input.csv_separator.size() <= 1, "csv-separator is \"", input.csv_separator,
                "\", expected one character");
  CLIPKIT_CHECK(0 <= input.threads && input.threads <= kMaxThreads, input.threads, " threads, expected 0 to ",
                kMaxThreads);
  PairOptions options{.picture_key = input.csv_img_key, .caption_key = input.csv_caption_key};
  if (!input.csv_separator.empty()) options.separator = input.csv_separator.front();
  auto source = open_pairs(input.pairs, options);
  if (source->size() >= int64_t{UINT32_MAX}) {
    fail(ErrorCode::kUnsupported, input.pairs, ": ", source->size(), " pairs, at most ", UINT32_MAX - 1,
         " are worked on at once");
  }
  return source;
}

PictureFacts examine_picture(const EncodedPair& pair, int64_t max_pixels) {
  const auto bytes = std::as_bytes(std::span(pair.picture));
  const DecodeOptions options{.max_pixels = max_pixels, .jpeg_shrink = 8};
  const Image image = decode_image(bytes, pair.name, options);
  const PictureSize jpeg = jpeg_size({bytes, pair.name, options});
  return {picture_extension(bytes), jpeg.width > 0 ? jpeg.width : image.width,
          jpeg.height > 0 ? jpeg.height : image.height};
}

void in_order(const PairsInput& input, const CurateCallbacks& callbacks, const OrderedWork& work) {
  const int threads =
      input.threads > 0 ? input.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int64_t begin = work.begin; begin < work.end; begin += kSlots) {
    if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, work.what, ": stopped at pair ", begin);
    const int64_t n = std::min<int64_t>(kSlots, work.end - begin);
    on_threads(n, threads, [&](int64_t i) { work.look(begin + i, static_cast<size_t>(i)); });
    for (int64_t i = 0; i < n; ++i) work.use(begin + i, static_cast<size_t>(i));
    if (callbacks.progress) callbacks.progress(work.what, begin + n, work.end);
  }
}

}  // namespace clipkit
