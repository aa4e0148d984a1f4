// layer: curate
// Bytes from outside as a manifest of shards: what is understood of it is written and read again to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "clipkit/error.h"
#include "curate/manifest.h"

using namespace clipkit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const Manifest manifest = parse_manifest({reinterpret_cast<const char*>(data), size}, "fuzz");
    std::string again = manifest_head(manifest.settings);
    for (const ShardEntry& shard : manifest.shards) again += manifest_line(shard);
    if (manifest.complete) again += manifest_end(manifest.dropped);
    const Manifest found = parse_manifest(again, "fuzz");
    if (found.shards.size() != manifest.shards.size() || found.complete != manifest.complete ||
        found.dropped != manifest.dropped || found.bytes != again.size()) {
      std::abort();
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) std::abort();
  }
  return 0;
}
