#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

// manifest.jsonl, which says of a folder of shards how it came about and how far it is. docs/formats/manifest.md.

namespace clipkit {

// A finished shard, and where the work stood when it was.
struct ShardEntry {
  std::string name;  // "shard-000017.tar"
  int64_t samples = 0, bytes = 0;
  int64_t next = 0;           // the first pair of the source that is not dealt with
  int64_t dropped = 0;        // pairs so far
  int64_t dropped_bytes = 0;  // of dropped.jsonl so far
};

struct Manifest {
  OrderedJson settings;  // all that decides what is written
  std::vector<ShardEntry> shards;
  bool complete = false;
  int64_t dropped = 0;  // pairs, if it is complete
  size_t bytes = 0;     // of the whole lines that say this; what follows was cut short
};

// Errors: kCorrupt, naming the line, for anything but such a file; place begins every message.
Manifest parse_manifest(std::string_view text, std::string_view place);

// Its lines, with the line end.
std::string manifest_head(const OrderedJson& settings);
std::string manifest_line(const ShardEntry& entry);
std::string manifest_end(int64_t dropped);

}  // namespace clipkit
