#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit::cli {

// A file that grows at its end, locked against a second writer. Errors: clipkit::Error(kIo).
class AppendFile {
 public:
  // Opens or creates the file.
  explicit AppendFile(std::string path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  int64_t size() const noexcept { return size_; }
  void append(std::string_view bytes);
  void overwrite(int64_t offset, std::string_view bytes);
  std::string read(int64_t offset, size_t bytes) const;  // fewer at the end
  void truncate(int64_t size);
  void sync();
  // Flushes the file to the disk and gives it this name instead of its own, replacing what is there.
  void rename_to(const std::string& path);

 private:
  std::string path_;
  int fd_ = -1;
  int64_t size_ = 0;
};

// How embed's rows stand in a file: told by the name's ending.
enum class RowFormat { kNpy, kSafetensors, kJsonl };

// Errors: UsageError.
RowFormat row_format(const std::string& path);

// Bytes before the first row. The header is written last, when the number of rows is known; until then it is zero.
int64_t header_bytes(RowFormat format) noexcept;
// A header for so many rows of this shape. dtype: float32, or of compact_rows(). The safetensors tensor is called
// "embeddings".
std::string header(RowFormat format, DType dtype, int64_t num_rows, const std::vector<int64_t>& row_shape);
int64_t element_bytes(DType dtype) noexcept;

// {"file": "a.jpg", "embedding": [...]}; several axes are nested arrays.
std::string json_row(std::string_view key, std::string_view name, TensorView rows, int64_t row);

}  // namespace clipkit::cli
