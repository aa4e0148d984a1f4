#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/sha256.h"

namespace clipkit {

// The unfinished download beside its final name: FILE.part. It is locked while it is open, so that of several processes
// that want the same file one downloads and the others wait. What it holds survives a crash and is resumed.
class PartFile {
 public:
  // Opens or creates path.part and locks it. While another process holds the lock, calls wait(bytes there so far) about
  // five times a second; wait returns false to give up. Errors: kIo, kCancelled. finished() tells that the other
  // process has put path in place meanwhile: there is nothing left to do.
  PartFile(const std::filesystem::path& path, const std::function<bool(int64_t)>& wait);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  bool finished() const noexcept { return fd_ < 0; }
  int64_t size() const noexcept { return size_; }

  // Errors: kIo, e.g. a full disk.
  void append(const void* data, size_t bytes);
  void clear();
  // SHA-256 of what is in the file. Bytes are hashed as they are appended; only those of an earlier run are read again.
  std::string digest();
  // Flushes the file to the disk and gives it its final name.
  void commit();
  // Deletes the file.
  void remove();

 private:
  void hash_earlier_bytes();

  std::filesystem::path path_, part_;
  int fd_ = -1;
  int64_t size_ = 0;
  int64_t hashed_ = 0;
  Sha256 hash_;
};

}  // namespace clipkit
