#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/pickle_writer.h"

namespace clipkit::testing {

struct ZipEntry {
  std::string name, bytes;
  uint16_t method = 0, flags = 0;
  int64_t header = -1;          // says where the local header is; -1: where it is
  int64_t size = -1;            // says how long it is; -1: as long as it is
  bool wide = false;            // size and place in a ZIP64 field
  std::string local_name = "";  // in the local header; empty: the same name
};

struct ZipOptions {
  bool zip64 = true;  // end records of both kinds, as PyTorch writes them
  std::string comment = "";
  int64_t num_entries = -1;  // says how many there are
  int64_t directory = -1;    // says where the directory is
};

// An archive as PyTorch writes it, or with lies in it.
inline std::string zip_file(const std::vector<ZipEntry>& entries, const ZipOptions& options = {}) {
  const auto u16 = [](uint64_t value) { return little_endian(static_cast<uint16_t>(value)); };
  const auto u32 = [](uint64_t value) { return little_endian(static_cast<uint32_t>(value)); };
  const auto u64 = [](uint64_t value) { return little_endian(value); };
  std::string file, directory;
  for (const ZipEntry& entry : entries) {
    const std::string local_name = entry.local_name.empty() ? entry.name : entry.local_name;
    const uint64_t at = entry.header >= 0 ? static_cast<uint64_t>(entry.header) : file.size();
    const uint64_t size = entry.size >= 0 ? static_cast<uint64_t>(entry.size) : entry.bytes.size();
    // The payload begins at a multiple of 64; the padding is an extra field called "FB".
    const size_t header = file.size() + 30 + local_name.size() + 4;
    const size_t padding = (64 - header % 64) % 64;
    file += "PK\x03\x04" + u16(20) + u16(entry.flags) + u16(entry.method) + u32(0) + u32(0) + u32(0) + u32(0) +
            u16(local_name.size()) + u16(4 + padding) + local_name + "FB" + u16(padding) + std::string(padding, 'Z');
    file += entry.bytes;
    const std::string extra = entry.wide ? u16(1) + u16(24) + u64(size) + u64(size) + u64(at) : "";
    const uint64_t small_size = entry.wide ? 0xFFFFFFFF : size, small_at = entry.wide ? 0xFFFFFFFF : at;
    directory += "PK\x01\x02" + u16(20) + u16(20) + u16(entry.flags) + u16(entry.method) + u32(0) + u32(0) +
                 u32(small_size) + u32(small_size) + u16(entry.name.size()) + u16(extra.size()) + u16(0) + u16(0) +
                 u16(0) + u32(0) + u32(small_at) + entry.name + extra;
  }
  const uint64_t begin = options.directory >= 0 ? static_cast<uint64_t>(options.directory) : file.size();
  const uint64_t count = options.num_entries >= 0 ? static_cast<uint64_t>(options.num_entries) : entries.size();
  file += directory;
  if (options.zip64) {
    const uint64_t at = file.size();
    file += "PK\x06\x06" + u64(44) + u16(45) + u16(45) + u32(0) + u32(0) + u64(count) + u64(count) +
            u64(directory.size()) + u64(begin);
    file += "PK\x06\x07" + u32(0) + u64(at) + u32(1);
  }
  return file + "PK\x05\x06" + u16(0) + u16(0) + u16(count) + u16(count) + u32(directory.size()) + u32(begin) +
         u16(options.comment.size()) + options.comment;
}

// A torch.save archive with this pickle and these storages "0", "1", ...
inline std::string torch_file(const std::string& pickle, const std::vector<std::string>& storages = {}) {
  std::vector<ZipEntry> entries{{"archive/data.pkl", proto() + pickle + "."}};
  for (const std::string& bytes : storages)
    entries.push_back({"archive/data/" + std::to_string(entries.size() - 1), bytes});
  entries.push_back({"archive/version", "3\n"});
  return zip_file(entries);
}

}  // namespace clipkit::testing
