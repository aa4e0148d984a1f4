#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "base/concat.h"
#include "data/tar_format.h"

// Tar files as others write them, and as nobody should.

namespace clipkit::testing {

struct RawMember {
  std::string name;
  std::string content = {};
  char type = '0';
  std::string size_field = {};  // instead of the content's size
  std::string prefix = {};
  std::string magic = std::string("ustar\0", 6) + "00";
};

inline std::string raw_member(const RawMember& member) {
  TarHeader header{};
  const auto put = [](auto& field, std::string_view text) {
    std::copy_n(text.data(), std::min(sizeof field, text.size()), field);
  };
  put(header.name, member.name);
  put(header.mode, "0000644");
  char size[13];
  std::snprintf(size, sizeof size, "%011zo", member.content.size());
  put(header.size, member.size_field.empty() ? std::string(size, 12) : member.size_field);
  put(header.mtime, "00000000000");
  header.type = member.type;
  std::memcpy(header.magic, member.magic.data(), std::min<size_t>(member.magic.size(), 8));
  put(header.prefix, member.prefix);
  char sum[9];
  std::snprintf(sum, sizeof sum, "%06o", static_cast<unsigned>(tar_checksum<unsigned char>(header)));
  std::memcpy(header.checksum, sum, 7);
  header.checksum[7] = ' ';
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += member.content;
  bytes.resize(static_cast<size_t>(tar_padded(static_cast<int64_t>(bytes.size()))), '\0');
  return bytes;
}

inline std::string pax_record(std::string_view key, std::string_view value) {
  size_t length = key.size() + value.size() + 3;
  while (concat(length).size() + key.size() + value.size() + 3 != length) ++length;
  return concat(length, " ", key, "=", value, "\n");
}

inline const std::string kTarEnd(1024, '\0');

}  // namespace clipkit::testing
