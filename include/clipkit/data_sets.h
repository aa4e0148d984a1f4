#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"

// The labelled data sets that clipkit knows by name. docs/data_sets.md.

namespace clipkit {

struct DataSetInfo {
  std::string key, title;            // "cifar10", "CIFAR-10"
  std::vector<std::string> aliases;  // other names, CLIP_benchmark's among them
  int64_t classes = 0, templates = 0;
  std::string metric;                       // "accuracy", "mean_per_class", "map11", "roc_auc", "mean_top1_top5"
  int64_t paper_train = 0, paper_test = 0;  // pictures as CLIP, table 9 prints them; 0: not in it
  std::string shift_of;                     // of a shifted version: the set whose classes it has
  std::string home;                         // where people get it
  std::string note;                         // what is special about it; may be empty
  std::string expected;                     // the files by which it is recognised
  std::string missing_library;  // what clipkit would have to be built with to read it; empty: it can be read

  // With a folder to look in:
  std::string path;                 // where it was found, for "KEY:PATH"; empty if it was not
  std::vector<std::string> splits;  // that are there
  bool is_shards = false;           // as CLIP_benchmark publishes it
  std::string problem;              // why what is there cannot be read; empty if it can
};

// All of them. root: a folder that holds the sets, each in a folder that is called like the set (in any spelling, also
// "wds_cifar10" and "wds_vtab-cifar10") or like what it is unpacked to ("cifar-10-batches-bin"); empty: nowhere. No
// picture is read. Errors: kNotFound (no such folder), kIo.
CLIPKIT_API std::vector<DataSetInfo> data_sets(const std::filesystem::path& root = {});

// The key of the set that is called so: by key or alias in any spelling, also with CLIP_benchmark's prefixes
// ("Stanford-Cars", "wds/vtab/pets"). Empty if none is.
CLIPKIT_API std::string data_set_key(std::string_view name);

}  // namespace clipkit
