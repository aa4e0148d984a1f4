#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/tensor.h"
#include "data/labelled_set.h"

namespace clipkit {

// SHA-256 of what identifies a picture: its name, labels, and file or pixels.
using PictureDigest = std::array<uint32_t, 8>;
PictureDigest digest_of(const LabelledPicture& picture);

// Some pictures' features as one file of the cache.
struct FeatureChunk {
  std::vector<PictureDigest> digests;       // one for each picture
  Tensor x;                                 // (n, D) float32; zeros for pictures that cannot be read
  std::map<int64_t, std::string> errors{};  // what is wrong with those, by row
};

// made_with: all that decides the features but the pictures. Errors: kIo.
void write_chunk(const std::filesystem::path& path, const FeatureChunk& chunk, const std::string& made_with);
// Nothing if the file is not there, damaged (its features or errors have another digest), or made with something else.
std::optional<FeatureChunk> read_chunk(const std::filesystem::path& path, const std::string& made_with);

}  // namespace clipkit
