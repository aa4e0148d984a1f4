#pragma once

#include <filesystem>
#include <memory>

#include "data/labelled_set.h"

namespace clipkit {

// PatchCamelyon's layout (Veeling et al. 2018): HDF5 files with a data set "x" (N, height, width, 3) and one with "y"
// (N, 1, 1, 1), both of bytes. Read picture by picture, one thread at a time, through HDF5, a module of its own.
// Errors: kNotFound, kUnsupported (clipkit was built without it), kCorrupt.
std::unique_ptr<LabelledReader> read_hdf5_pictures(const std::filesystem::path& pictures,
                                                   const std::filesystem::path& labels);

// Whether HDF5 is there.
bool can_read_hdf5() noexcept;

}  // namespace clipkit
