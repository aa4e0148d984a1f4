#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/file_writer.h"

namespace clipkit {

// Writes a tar file (ustar) that every tar program reads: regular files alone, with mode 0644, owner 0 and time 0, so
// that the same members give the same bytes. The name shows nothing, or the old file, until commit(); see FileWriter.
class TarWriter {
 public:
  // Errors: kIo, as FileWriter.
  explicit TarWriter(const std::filesystem::path& path);

  // Errors: kInvalidArgument for a name that could not be read back everywhere: empty, absolute, with "..", a trailing
  // slash or a zero byte, or too long for the header (100 bytes, or 155 + "/" + 100); for a content of 8 GiB and more.
  // kIo.
  void add(std::string_view name, std::string_view content);

  // Length of the file so far, without the end mark.
  int64_t bytes() const noexcept { return static_cast<int64_t>(writer_.position()); }

  // Writes the end mark and puts the file in place. Errors: kIo.
  void commit();

 private:
  std::filesystem::path path_;
  FileWriter writer_;
};

}  // namespace clipkit
