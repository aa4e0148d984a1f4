#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"
#include "clipkit/precision.h"

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
  std::function<bool()> stop{};  // true: Error(kCancelled) at the next pair; what is finished stays and can be resumed
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

// Shards that are written into a folder of their own.
struct ShardsOutput {
  std::filesystem::path folder{};
  int64_t shard_samples = 10'000;  // a shard ends with the pair that reaches either limit
  int64_t shard_bytes = int64_t{1} << 30;
  bool resume = false;  // go on with what a run with the same options has left in the folder
};

struct PackOptions {
  PairsInput input{};
  ShardsOutput output{};
  int64_t max_pairs = 0;  // only the first so many; 0: all
};

struct PackSummary {
  int64_t pairs = 0, written = 0, dropped = 0;  // pairs of the source, in the shards, and that cannot be read
  int64_t shards = 0, bytes = 0;                // of the folder
};

// Packs pairs into shard-000000.tar, ... as they are, pictures byte for byte. Pairs that cannot be read, or are no
// picture by their first bytes, are left out and named in dropped.jsonl. Shards appear whole; manifest.jsonl says how
// far they go, so that a run that was killed at any moment can be resumed to the same bytes.
// Errors: kInvalidArgument (a folder that is not empty, or was begun with other options), kIo (a full disk),
// kCancelled; as of opening the pairs.
CLIPKIT_API PackSummary pack_pairs(const PackOptions& options, const CurateCallbacks& callbacks = {});

// What is kept. Rules that are left at their defaults drop nothing.
struct FilterOptions {
  PairsInput input{};
  ShardsOutput output{};

  // Of a picture.
  int64_t min_size = 0;          // px of the shorter side
  double max_aspect = 0;         // longer side / shorter side; 0: any
  bool drop_duplicates = false;  // with the bytes of one that is kept

  // Of a caption: captions that do not pass are left out, and the pair where none is left.
  int64_t min_words = 0, max_words = 0;  // parted by white space; 0: any
  std::string caption_regex{};           // RE2's syntax, found anywhere in the caption; empty: any
  std::string drop_caption_regex{};

  // What a model says of them. Cosines of features, from -1 to 1.
  std::string model{};  // what load() takes; needed by these rules alone
  std::string device = "cpu";
  Precision precision = Precision::kFloat32;
  std::optional<double> min_similarity{};  // of a caption to its picture
  std::vector<std::string> drop_concepts{};
  // A picture goes that is as near to a concept as this; without it, one that is nearer to a concept than to each of
  // its captions, by more than concept_margin.
  std::optional<double> concept_similarity{};
  double concept_margin = 0;
  std::optional<double> near_duplicates{};  // a picture goes that is as near as this to one that is kept

  // Where the features are kept meanwhile, and after: a run with other limits finds them there. Empty: in the output's
  // folder, until all is written.
  std::filesystem::path features{};
};

struct FilterSummary {
  struct Rule {
    std::string name;  // as the command's option
    int64_t pairs = 0, captions = 0;
  };
  int64_t pairs = 0, kept = 0;
  std::vector<Rule> dropped{};  // by rules that dropped anything, in the order in which they are asked
  int64_t shards = 0, bytes = 0;
};

// Writes the pairs that pass all rules into shards as pack_pairs() does; dropped.jsonl has a line for each pair, and
// each caption of a pair that is kept, with the rule and the value that decided. Rules are asked in the order above,
// duplicates last, so that a pair never gives way to one that is itself dropped. Exact: near duplicates are found by
// comparing all with all. The outcome depends on neither threads nor interruptions.
// Memory: 20 bytes a dropped pair or caption, 4 a pair for the model, 12 for duplicates; features are mapped from
// files. Errors: as pack_pairs() and load(); kInvalidArgument for limits that make no sense, rules that need a model
// without one, a pattern that RE2 refuses.
CLIPKIT_API FilterSummary filter_pairs(const FilterOptions& options, const CurateCallbacks& callbacks = {});

}  // namespace clipkit
