#pragma once

#include <filesystem>
#include <string>

#include "data/sets/layout.h"

namespace clipkit {

// What a reader is told: a split and the layout around it, as the registry has them.
struct SplitSource {
  const RegisteredSet& set;
  const std::filesystem::path& root;
  const Json& layout;
  const Json& split;

  // The split's member, or the layout's.
  const Json* find(const char* key) const {
    const auto own = split.find(key);
    if (own != split.end()) return &*own;
    const auto common = layout.find(key);
    return common != layout.end() ? &*common : nullptr;
  }
  std::string text(const char* key) const {
    const Json* value = find(key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : "";
  }
  std::filesystem::path path(const char* key) const { return root / text(key); }
};

// Reads what a layout of the registry calls its "reader".
struct PublishedReader {
  const char* name;
  OpenedSplit (*open)(const SplitSource&);
  bool (*is_there)() noexcept = nullptr;  // of those that need a library
  const char* library = "";
};
const PublishedReader& published_reader(const Json& layout, const Json& split);

// The file, or FILE.gz if that alone is there.
std::filesystem::path plain_or_packed(const std::filesystem::path& path);

}  // namespace clipkit
