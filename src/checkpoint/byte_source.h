#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/mapped_file.h"

namespace clipkit {

// The bytes of a file, whatever holds them: a mapping, or memory in tests and fuzzers. owner keeps them alive.
struct ByteSource {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  std::string place;  // begins every message

  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

inline ByteSource byte_source(std::shared_ptr<const MappedFile> file) {
  return {file->bytes(), file, file->path().string()};
}

}  // namespace clipkit
