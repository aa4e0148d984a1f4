#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace clipkit {

// A whole regular file mapped read-only. Shared, because tensors that point into it keep it alive.
// If another program truncates the file while it is mapped, reading past the new end raises SIGBUS; clipkit's own
// writers never do that (they replace files by rename).
class MappedFile {
 public:
  // Errors: kNotFound (no such file), kIo (not readable, not a regular file). An empty file maps to an empty span.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  MappedFile() = default;
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Says that these bytes of a mapped file will be read soon, so that the disk can be asked for them at once.
void will_read(const void* data, size_t bytes) noexcept;

}  // namespace clipkit
