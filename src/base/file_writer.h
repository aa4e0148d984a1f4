#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace clipkit {

// Writes a file so that its name only ever shows the whole old or the whole new content: bytes go to a temporary file
// in the same folder, commit() flushes it to the disk and renames it. Without commit() the destructor removes the
// temporary file.
class FileWriter {
 public:
  // Errors: kIo (no permission, no such folder, the name belongs to a folder or a device).
  explicit FileWriter(std::filesystem::path path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Errors: kIo, e.g. a full disk; the file under the final name is untouched.
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  // Overwrites bytes written before (headers whose content is known last).
  void write_at(size_t offset, const void* data, size_t bytes);
  size_t position() const noexcept { return position_; }
  void commit();

 private:
  void flush();
  std::filesystem::path path_, temporary_;
  std::string buffer_;
  int fd_ = -1;
  bool is_nameless_ = false;  // the temporary file has no name yet
  size_t position_ = 0;
};

// The whole content at once, with the same promise.
void write_file(const std::filesystem::path& path, std::string_view content);

// The whole file as a string. Errors: kNotFound, kIo, kUnsupported if it is longer than max_bytes.
std::string read_file(const std::filesystem::path& path, size_t max_bytes);

}  // namespace clipkit
