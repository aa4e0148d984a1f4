#pragma once

#include <functional>
#include <span>

#include "curate/drop.h"
#include "curate/pair_reader.h"
#include "curate/shard_output.h"

namespace clipkit {

// What goes from a source into shards: the pairs of [0, end) without what is dropped.
struct ShardJob {
  const PairSource& source;
  const PairsInput& input;
  int64_t end = 0;
  std::span<const Drop> drops;                   // by sample, then caption; an unreadable pair's line says why
  std::function<OrderedJson(const Drop&)> line;  // what dropped.jsonl says of a drop beyond sample, name and rule
};

// Goes on at output.next() and finishes the output. What cannot be read is dropped too. Errors: kIo, kCancelled.
void write_shards(const ShardJob& job, const CurateCallbacks& callbacks, ShardOutput& output);

}  // namespace clipkit
