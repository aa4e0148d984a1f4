#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/labelled_set.h"

namespace clipkit {

// A folder in the layout in which CLIP_benchmark publishes its sets:
//   classnames.txt                         a class a line (here also classes.txt)
//   zeroshot_classification_templates.txt  a prompt a line, with {c} or {} for the name; may be missing
//   SPLIT/nshards.txt                      the number of shards; may be missing
//   SPLIT/0.tar, SPLIT/1.tar, ...          KEY.jpg (.png, .webp, ...) and KEY.cls, the number of the class
// Shards may also lie in the folder itself; those with "train", "val" or "test" in their name are a split of that name,
// others are of the split "all".
struct TarFolder {
  std::vector<std::string> classes;                        // empty if there is no such file
  std::vector<std::string> templates;                      // the same, with {}
  std::map<std::string, std::vector<std::string>> splits;  // shards of each; empty: it is no such folder
};
// Errors: kNotFound (a shard that nshards.txt counts is not there), kCorrupt (nshards.txt, a template without a place
// for the name), kUnsupported (a set with several labels a picture, or for retrieval), kIo.
TarFolder find_tar_folder(const std::filesystem::path& folder);

// The labelled pictures of tar shards, in their order: members with the same name up to the first dot are a sample,
// with a picture and .cls. Samples that lack one, and members that are refused (see tar_scanner.h), are counted in
// problems(). The shards are scanned once; 24 bytes and the key of each sample are kept. Errors: kNotFound, kIo,
// kCorrupt (a damaged or truncated shard, a label that is no number), kUnsupported (a compressed shard).
std::unique_ptr<LabelledReader> read_labelled_tar(std::vector<std::string> shards);

}  // namespace clipkit
