#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"

namespace clipkit {

// A checkpoint that others publish.
struct PublishedCheckpoint {
  std::string name;  // "ViT-B/32"
  std::string url;
  std::string file;    // name in the cache
  std::string sha256;  // of the whole file
};
CLIPKIT_API const std::vector<PublishedCheckpoint>& published_checkpoints();

struct FetchOptions {
  std::filesystem::path cache;  // empty: cache_folder()
  std::string url;              // instead of the published one (a mirror)
  // Called now and then with the bytes so far and in all (0: unknown); return false to stop. May be empty.
  std::function<bool(int64_t done_bytes, int64_t total_bytes)> progress;
};

// $CLIPKIT_CACHE, else $XDG_CACHE_HOME/clipkit, else ~/.cache/clipkit.
CLIPKIT_API std::filesystem::path cache_folder();

// Downloads a published checkpoint into the cache and returns its path; at once if it is there already and whole. A
// broken download is resumed. The file appears under its name only after its SHA-256 was found right. Errors: kNotFound
// (unknown name: the message lists the names), kIo (network, disk), kCorrupt (wrong digest), kCancelled, kUnsupported
// (libcurl is not installed).
CLIPKIT_API std::filesystem::path fetch(std::string_view name, const FetchOptions& options = {});

// The cached file of a published checkpoint ("ViT-B/32", "ViT-B-32" and "ViT-B-32.pt" mean the same), or an empty path.
CLIPKIT_API std::filesystem::path find_cached(std::string_view name);

}  // namespace clipkit
