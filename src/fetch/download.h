#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace clipkit {

struct DownloadRequest {
  std::string url;
  std::string sha256;                                                     // of the whole file, lower-case hexadecimal
  bool allow_http = false;                                                // otherwise https alone, redirects included
  std::function<bool(int64_t done_bytes, int64_t total_bytes)> progress;  // total 0: unknown; false stops; may be empty
  int64_t max_bytes = int64_t{16} << 30;
  // A broken connection is taken up again where it broke. This many tries in a row may fail without a new byte.
  int max_fruitless_tries = 5;
  std::chrono::milliseconds first_wait{500};  // before the second try; doubled each time
};

// Downloads into path by way of path.part (see PartFile), resuming what is there. path appears only after its digest
// was found right; a wrong digest deletes the part file. Returns at once if another process has just finished the same
// file. Errors: kIo (network, server, disk), kCorrupt (wrong digest), kCancelled, kUnsupported (no libcurl).
void download(const std::filesystem::path& path, const DownloadRequest& request);

}  // namespace clipkit
