#pragma once

#include <filesystem>
#include <string_view>

namespace clipkit {

// A file that grows: what was appended is with the operating system when append() returns, and outlives this process.
class AppendFile {
 public:
  // Opens or creates it; its first kept_bytes stay, what follows them is cut off. Errors: kIo.
  AppendFile(std::filesystem::path path, size_t kept_bytes);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // All or nothing. Errors: kIo, e.g. a full disk.
  void append(std::string_view bytes);
  // Waits for the disk: what was appended then outlives a power failure too. Errors: kIo.
  void sync();
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  int fd_;
};

}  // namespace clipkit
