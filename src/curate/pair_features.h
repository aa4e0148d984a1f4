#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clipkit/curate.h"
#include "curate/survey.h"
#include "eval/encoder.h"

namespace clipkit {

// Unit vectors of some pairs, and of their captions that are kept so far.
struct PairFeatures {
  std::vector<int64_t> samples;       // (n) rising
  Tensor image;                       // (n, E) float32
  Tensor text;                        // (m, E), if captions were asked for
  std::vector<int64_t> caption_rows;  // (m) rising: which of `samples` each caption belongs to
  std::vector<int64_t> captions;      // (m) its index within the pair
  std::vector<int64_t> unusable;      // rows of pictures that cannot be brought to the model's size, rising
};

// Computes the features of the survivors, kChunk pairs at a time, and keeps each chunk as a file of a folder, so that
// what an interrupted run has computed is not computed again: docs/data.md. A file that is not of the same pairs,
// captions and model is computed anew.
class FeatureCache {
 public:
  static constexpr size_t kChunk = 2048, kBatch = 64;

  // what: all that decides the features. Everything is borrowed. Errors: kIo.
  FeatureCache(const FilterOptions& options, const PairSource& source, const Survey& survey, const Encoder& encoder,
               bool with_captions, std::filesystem::path folder, std::string what);

  size_t num_chunks() const noexcept { return (survey_.survivors.size() + kChunk - 1) / kChunk; }
  // Chunk 0 <= i < num_chunks() of the survivors; the tensors are mapped. Errors: kIo; kCorrupt for a pair that can no
  // longer be read; kCancelled.
  PairFeatures get(size_t chunk, const CurateCallbacks& callbacks) const;

 private:
  std::filesystem::path path_of(size_t chunk) const;
  std::vector<int64_t> samples_of(size_t chunk) const;
  std::optional<PairFeatures> load(size_t chunk) const;
  void compute(size_t chunk, const CurateCallbacks& callbacks) const;
  std::vector<bool> dropped_captions(int64_t sample, size_t num_captions) const;

  const FilterOptions& options_;
  const PairSource& source_;
  const Survey& survey_;
  const Encoder& encoder_;
  const bool with_captions_;
  const std::filesystem::path folder_;
  const std::string what_;
};

}  // namespace clipkit
