#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/byte_source.h"

namespace clipkit {

// The entries of a zip archive whose bytes stand in the file as they are (APPNOTE.TXT 6.3.10, method 0), with ZIP64.
// Sizes and places come from the central directory; checksums are not computed.
class ZipArchive {
 public:
  // Reads the central directory. Errors: kCorrupt (no directory, entries outside the file or over each other, a name
  // twice), kUnsupported (several disks, more than kMaxEntries entries). source must outlive the archive.
  explicit ZipArchive(const ByteSource& source);

  static constexpr uint64_t kMaxEntries = 1'000'000;

  bool contains(std::string_view name) const { return entries_.find(name) != entries_.end(); }
  // In byte order.
  std::vector<std::string_view> names() const;
  // The bytes of an entry, in the file itself. Errors: kNotFound; kUnsupported if it is compressed or encrypted (other
  // entries are then still readable: TorchScript compresses its program text); kCorrupt if its local header disagrees.
  std::string_view bytes_of(std::string_view name) const;

 private:
  struct Entry {
    uint64_t header = 0;  // position of its local header
    uint64_t size = 0;
    uint64_t limit = 0;  // where the next entry or the directory begins
    uint16_t flags = 0, method = 0;
  };

  void read_directory(uint64_t begin, uint64_t bytes, uint64_t num_entries);
  void check_layout(uint64_t directory);

  const ByteSource& source_;
  std::map<std::string_view, Entry> entries_;
};

}  // namespace clipkit
