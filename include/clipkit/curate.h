#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"

// What image-text pairs hold, before they are trained on. docs/data.md.

namespace clipkit {

// Which pairs are read, in the forms that docs/data.md lists.
struct PairsInput {
  std::string pairs{};
  std::string csv_img_key{}, csv_caption_key{}, csv_separator{};  // empty: found by themselves
  int threads = 0;                                                // that read and decode; 0: as many as processors
  int64_t max_image_pixels = int64_t{128} << 20;                  // larger pictures count as unreadable
};

struct CurateCallbacks {
  // Called now and then, one call at a time. what: "reading", ...
  std::function<void(std::string_view what, int64_t done, int64_t total)> progress{};
  std::function<bool()> stop{};  // true: Error(kCancelled) at the next pair
};

// How a number is spread over the samples. All are 0 if there are none.
struct ValueSummary {
  struct Bin {
    double low, high;  // low <= value < high
    int64_t count;
  };
  int64_t count = 0;
  double min = 0, p1 = 0, p10 = 0, median = 0, p90 = 0, p99 = 0, max = 0, mean = 0;  // quantiles to 1 in 2000
  std::vector<Bin> histogram{};  // every whole number up to 16, then four bins to an octave; empty ends left out
};

struct DataStats {
  struct Count {
    std::string what;
    int64_t count = 0;
    std::vector<std::string> examples{};  // the first few
  };
  int64_t pairs = 0;              // usable ones, as the source lists them
  std::vector<Count> left_out;    // what the source could not use, or what is odd about it
  std::vector<Count> unreadable;  // pairs and pictures that cannot be read, by the kind of error
  std::vector<Count> formats;     // pictures, most frequent first: "jpg", "png", ...
  int64_t bytes = 0;              // of all picture files
  ValueSummary width, height;     // px
  ValueSummary aspect;            // longer side / shorter side
  ValueSummary picture_bytes;
  ValueSummary captions;                    // of a pair
  ValueSummary caption_words;               // of a caption, parted by white space
  ValueSummary caption_tokens;              // of CLIP's tokenizer, without start and end token
  int64_t captions_too_long = 0;            // of more than the 75 tokens that CLIP's context holds
  Count duplicate_pictures, same_captions;  // with the bytes of an earlier one (SHA-256)
  Count invalid_captions;                   // not UTF-8
};

// Reads and decodes every pair. Memory: 16 bytes a picture and as many a caption. The outcome does not depend on the
// number of threads. Errors: as of opening the pairs (kNotFound, kCorrupt, ...), kCancelled.
CLIPKIT_API DataStats data_stats(const PairsInput& input, const CurateCallbacks& callbacks = {});
// One JSON object.
CLIPKIT_API std::string to_json(const DataStats& stats);
// A page with tables and histograms, replacing the file in one step. Errors: kIo.
CLIPKIT_API void write_stats_report(const std::filesystem::path& html, const DataStats& stats, std::string_view title);

}  // namespace clipkit
