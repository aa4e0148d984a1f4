#include <algorithm>

#include "base/check.h"
#include "clipkit/curate.h"
#include "curate/input_settings.h"
#include "curate/write_shards.h"

namespace clipkit {

PackSummary pack_pairs(const PackOptions& o, const CurateCallbacks& callbacks) {
  CLIPKIT_CHECK(o.max_pairs >= 0, "max-pairs is ", o.max_pairs, ", expected 0 or more");
  const std::unique_ptr<PairSource> source = open_input(o.input);
  const int64_t end = o.max_pairs > 0 ? std::min(o.max_pairs, source->size()) : source->size();
  OrderedJson settings = input_settings(o.input, *source);
  settings["max_pairs"] = o.max_pairs;
  add_settings(o.output, settings);
  ShardOutput output(o.output.folder, settings, {.samples = o.output.shard_samples, .bytes = o.output.shard_bytes},
                     o.output.resume);
  if (!output.is_complete()) {
    write_shards({.source = *source, .input = o.input, .end = end, .drops = {}, .line = {}}, callbacks, output);
  }
  return {.pairs = end,
          .written = output.num_samples(),
          .dropped = output.num_dropped(),
          .shards = output.num_shards(),
          .bytes = output.num_bytes()};
}

}  // namespace clipkit
