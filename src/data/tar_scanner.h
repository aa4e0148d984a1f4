#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/tar_format.h"

namespace clipkit {

// Where a scanner gets its bytes: part of a file, or memory.
struct TarBytes {
  int64_t size = 0;
  std::function<void(int64_t offset, std::span<char> to)> read;  // never called for bytes outside [0, size)
};
TarBytes tar_bytes(std::string_view memory);  // borrowed

struct TarMember {
  std::string name;          // as stored; safe (see tar_names.h) unless refused
  int64_t begin = 0;         // of its first header: a long name has headers of its own before the member's
  int64_t offset = 0;        // of its content
  int64_t size = 0;          // of its content, which lies within the file
  std::string refused = {};  // why it is not read: a link, a device, a name that leaves the folder, ...
};

// Walks over the headers of a tar file and reads nothing else: V7 and ustar headers, GNU long names and big numbers,
// pax records "path" and "size". Folders are passed over. Nothing is believed: checksums are verified, every size lies
// within the file, long headers have a limit.
class TarScanner {
 public:
  // place (the file's name) begins every message.
  TarScanner(TarBytes bytes, std::string place) : bytes_(std::move(bytes)), place_(std::move(place)) {}

  // The next member; false behind the last. Errors: kCorrupt (damaged header; "truncated": the file ends within a
  // member or without its end mark), kUnsupported (a compressed file); as the source. After an error there is no more.
  bool next(TarMember& member);
  // Where the next header begins.
  int64_t position() const noexcept { return position_; }

 private:
  struct Extended;
  void refuse_compressed();
  bool read_header(TarHeader& header);
  std::string read_content(int64_t size, int64_t limit, const char* what);
  void read(int64_t offset, std::span<char> to);
  void parse_pax(std::string_view records, Extended& extended) const;
  [[noreturn]] void damaged(std::string_view what) const;
  [[noreturn]] void truncated() const;

  TarBytes bytes_;
  std::string place_;
  int64_t position_ = 0;
  std::vector<char> window_;  // read ahead: headers, captions and the next header often lie together
  int64_t window_begin_ = 0;
};

}  // namespace clipkit
