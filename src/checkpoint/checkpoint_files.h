#pragma once

#include <filesystem>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace clipkit {

// The files that hold a checkpoint's tensors.
struct CheckpointFiles {
  std::vector<std::filesystem::path> files;
  std::filesystem::path index;   // names which tensor is in which file; empty for a single file
  std::filesystem::path folder;  // where its configuration lies
  bool from_folder = false;      // the folder was given, not the file
};

// For a folder: the first of the names that open_clip and Hugging Face use (checkpoints.md section 4), each also as an
// index of several files; else the only file with a checkpoint's ending. Errors: kNotFound, kIo, kCorrupt (a bad
// index).
CheckpointFiles find_checkpoint_files(const std::filesystem::path& path);

// The tensors of all the files together. Errors: as read_stored_tensors; kCorrupt (a name in two files, or not in the
// file where the index puts it).
StoredTensors read_checkpoint_files(const CheckpointFiles& files);

}  // namespace clipkit
