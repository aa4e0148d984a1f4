#pragma once

#include <filesystem>
#include <memory>

#include "data/labelled_set.h"

namespace clipkit {

// MNIST's layout (yann.lecun.com/exdb/mnist), as it is or with gzip: a big-endian header (0, 0, type 8 for bytes,
// number of dimensions, each dimension in 32 bits), then the bytes. pictures: (N, height, width), grey; labels: (N). A
// gzip file is unpacked into memory. Errors: kNotFound, kIo, kCorrupt (another header, another length, counts that
// differ).
std::unique_ptr<LabelledReader> read_idx(const std::filesystem::path& pictures, const std::filesystem::path& labels);

}  // namespace clipkit
