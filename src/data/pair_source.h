#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/pair_problems.h"

namespace clipkit {

// One sample as it is stored.
struct EncodedPair {
  std::string name;                   // for messages: "train-000000.tar/000017"
  std::string picture;                // the picture file's bytes
  std::vector<std::string> captions;  // at least one, none empty
  std::string metadata{};             // JSON text, or empty
};

// Samples that lie together on disk, in the order of their indices.
struct PairShard {
  int64_t size = 0;   // samples
  double weight = 1;  // how often each is seen in an epoch, see sample_order.h
};

// Image-text pairs that are read in any order. What there is was found when the source was opened; no picture has been
// looked at. Thread-safe.
class PairSource {
 public:
  virtual ~PairSource() = default;

  virtual int64_t size() const noexcept = 0;
  // Sample 0 <= index < size(). Errors: kNotFound, kIo, kCorrupt (no caption in it, damaged JSON), kUnsupported.
  virtual EncodedPair read(int64_t index) const = 0;
  // The sample's name, without reading its picture. Errors: as read().
  virtual std::string name(int64_t index) const = 0;
  // All samples, cut where reading on costs a seek. The sizes add up to size(). Unless overridden, for pictures that
  // are files of their own: 128 to a shard, as nothing is near to anything.
  virtual std::vector<PairShard> shards() const;

  // What was left out, or is odd.
  const PairProblems& problems() const noexcept { return problems_; }

 protected:
  PairProblems problems_;
};

struct PairOptions {
  // Column of a CSV file or member of a JSON line with the picture's path, relative to the file.
  // Empty: "filepath", in JSON lines also "image".
  std::string picture_key{};
  // Column, or JSON member, with the caption or an array of captions. Empty: "title", in JSON also "captions",
  // "caption" and "text".
  std::string caption_key{};
  char separator = 0;             // of a CSV file; 0: TAB where its header has one, else a comma
  std::vector<double> weights{};  // one for each source of an "A::B" list; empty: 1 each
  int threads = 8;                // that open files at the same time
};

// Opens what `spec` names, by what it is:
//   a .tar file, or several with {000000..000099} and {a,b}, or a folder with .tar files: WebDataset shards
//   a .csv or .tsv file; a .jsonl or .ndjson file; a folder with name.jpg and name.txt
//   several of these, joined by "::"
// Errors: kNotFound (no such file; no usable sample in it, with the reasons), kUnsupported (compressed, unknown kind),
// kCorrupt (a CSV header without the columns), kInvalidArgument (braces, weights), kIo.
std::unique_ptr<PairSource> open_pairs(std::string_view spec, const PairOptions& options = {});

}  // namespace clipkit
