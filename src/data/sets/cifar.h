#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "data/labelled_set.h"

namespace clipkit {

// CIFAR's binary version (cs.toronto.edu/~kriz/cifar.html): records of label_bytes labels, of which the last is taken
// (CIFAR-10: 1; CIFAR-100: 2, coarse and fine), and a picture of 32 x 32 pixels in planes of red, green and blue. One
// file after the other. Errors: kNotFound, kIo, kCorrupt (a file that is no whole number of records).
std::unique_ptr<LabelledReader> read_cifar(const std::vector<std::filesystem::path>& files, int label_bytes);

// STL-10's binary version (cs.stanford.edu/~acoates/stl10): pictures of 96 x 96 in planes of columns; a file of labels
// from 1. fold >= 0: only the pictures named by that line of `folds` (fold_indices.txt). Errors: as above; kCorrupt
// also for counts that differ and a fold that names a picture that is not there.
std::unique_ptr<LabelledReader> read_stl10(const std::filesystem::path& pictures, const std::filesystem::path& labels,
                                           const std::filesystem::path& folds = {}, int fold = -1);

}  // namespace clipkit
