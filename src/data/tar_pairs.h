#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/pair_source.h"

namespace clipkit {

// Shards in WebDataset's layout: members with the same name up to the first dot of its last part follow each other and
// are one sample, such as 000017.jpg, 000017.txt and 000017.json. The captions are the text of key.txt, then those of
// key.json (see captions.h) that differ from it; the JSON text is the metadata. Samples without a picture or a caption
// are left out; a shard that is damaged or truncated gives what stands before the damage. Links, devices, names that
// leave the folder and pickles are never read. All of that is counted in problems().
// Memory: 8 bytes a sample. Errors: kNotFound, kIo, kUnsupported (a compressed shard).
std::unique_ptr<PairSource> open_tar_pairs(std::vector<std::string> shards, const PairOptions& options);

// "a/b.c.jpg" is of sample "a/b" and of kind "c.jpg", in lower case. A name without a dot, or that begins with one, has
// no sample: the key is empty.
struct TarKey {
  std::string_view key;
  std::string kind;
};
TarKey split_tar_name(std::string_view name);

}  // namespace clipkit
