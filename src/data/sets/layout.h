#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/sets/registry.h"

namespace clipkit {

// One of the layouts in which a registered set is published, found on the disk.
struct FoundLayout {
  std::filesystem::path root;       // the folder that its paths are relative to
  const Json* layout = nullptr;     // null: CLIP_benchmark's shards
  std::vector<std::string> splits;  // that are there
};

// Looks in `path` and in the folders that the set is unpacked to. A split is there if all of its files and folders are;
// published layouts come before shards, and of several the first that has the split for testing, or else any.
std::optional<FoundLayout> find_layout(const RegisteredSet& set, const std::filesystem::path& path);

// What find_layout looks for, for messages: "meta/test.txt in it or in food-101, or test/0.tar".
std::string describe_layouts(const RegisteredSet& set);

// How many pictures the split has where it was published; 0 if that is not known.
int64_t published_size(const FoundLayout& found, const std::string& split);

struct OpenedSplit {
  std::unique_ptr<LabelledReader> reader;
  std::vector<std::vector<std::string>> classes{};  // empty: the set's
  std::vector<std::string> templates{};             // the same
};
// Errors: as open_labelled_set.
OpenedSplit open_split(const RegisteredSet& set, const FoundLayout& found, const std::string& split);

// The libraries that its readers need and that clipkit was built without: "FFmpeg", ...; empty if it can be read.
std::string missing_library(const RegisteredSet& set);

}  // namespace clipkit
