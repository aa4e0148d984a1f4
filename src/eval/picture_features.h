#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "clipkit/evaluate.h"
#include "data/labelled_set.h"
#include "eval/encoder.h"
#include "eval/feature_chunk.h"

namespace clipkit {

// A picture as evaluation encodes it: those of labelled sets, and of pairs.
struct PictureSource {
  std::string name;  // of the set, for messages
  int64_t size = 0;
  // Called from several threads. Errors: as of LabelledReader; those make the picture unreadable.
  std::function<LabelledPicture(int64_t index)> read;
};

struct PictureFeatures {
  Tensor x;                       // (n, D) float32 of the pictures that can be read
  std::vector<int64_t> pictures;  // (n) rising: which
  std::vector<EvalOrigin::Unreadable> unreadable;
  std::string sha256;  // of the names, labels and contents of all pictures
};

struct PictureFeaturesOptions {
  Output output = Output::kFeatures;
  std::filesystem::path cache{};  // empty: nothing is kept
  int threads = 0;                // that read and decode
  std::string what = "features";  // of the progress
};

// Encodes all pictures, kChunk at a time, and keeps each chunk as a file of a folder of the cache, named after model
// and set: what an interrupted run has computed is not computed again. A chunk is used again only if the digest of each
// of its pictures, read anew, and that of its features are what they were; otherwise it is computed anew.
// docs/formats/feature_cache.md. Not on the compute thread. Errors: kCorrupt if no picture can be read, kIo,
// kCancelled.
PictureFeatures picture_features(const PictureSource& source, const Encoder& encoder,
                                 const PictureFeaturesOptions& options, const EvalCallbacks& callbacks = {});

// The same for sources of any size: each chunk is handed on as it is finished, with the index of its first picture, and
// none is kept in memory. It is no error here that no picture can be read. Returns the digest of all pictures.
std::string for_each_feature_chunk(const PictureSource& source, const Encoder& encoder,
                                   const PictureFeaturesOptions& options, const EvalCallbacks& callbacks,
                                   const std::function<void(int64_t begin, const FeatureChunk& chunk)>& use);

inline constexpr int64_t kFeatureChunk = 2048;

}  // namespace clipkit
