#pragma once

#include <filesystem>

#include "clipkit/export.h"
#include "clipkit/tensor.h"

namespace clipkit {

// NumPy's .npy format, version 1 to 3, little-endian, C order (numpy/lib/format.py). bfloat16 has no code there.

// Errors: kNotFound, kIo, kCorrupt (not a .npy file, truncated), kUnsupported (Fortran order, big-endian, structured
// types).
CLIPKIT_API Tensor read_npy(const std::filesystem::path& path);

// Replaces the file in one step. Errors: kIo, kUnsupported for bfloat16.
CLIPKIT_API void write_npy(const std::filesystem::path& path, TensorView tensor);

}  // namespace clipkit
