#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace clipkit {

// A regular file that is read by position, from any number of threads.
class InputFile {
 public:
  // Errors: kNotFound, kIo (not readable, not a regular file).
  static std::shared_ptr<const InputFile> open(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  int64_t size() const noexcept { return size_; }
  // Fills `to`. Errors: kIo, also if the file has become shorter.
  void read_at(int64_t offset, std::span<char> to) const;

 private:
  InputFile() = default;
  std::filesystem::path path_;
  int fd_ = -1;
  int64_t size_ = 0;
};

// The whole file as a string. Errors: as above; kUnsupported if it is longer than max_bytes.
std::string read_whole_file(const std::filesystem::path& path, int64_t max_bytes);

// Many files, of which a limited number are open at any time. Thread-safe.
class InputFiles {
 public:
  explicit InputFiles(std::vector<std::string> paths) : paths_(std::move(paths)), files_(paths_.size()) {}

  const std::string& path(size_t i) const noexcept { return paths_[i]; }
  size_t size() const noexcept { return paths_.size(); }
  // Opens the file or finds it open. It stays open at least as long as the result lives. Errors: as InputFile::open.
  std::shared_ptr<const InputFile> open(size_t i) const;

 private:
  static constexpr size_t kMaxOpen = 256;
  const std::vector<std::string> paths_;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const InputFile>> files_;
  mutable std::deque<size_t> open_;  // the one opened first is closed first
};

}  // namespace clipkit
