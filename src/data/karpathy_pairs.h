#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/pair_source.h"

namespace clipkit {

// The retrieval splits of Flickr8k, Flickr30k and MSCOCO (Karpathy and Fei-Fei 2015), dataset_NAME.json:
//   {"images": [{"filename": "1.jpg", "filepath": "val2014", "split": "test", "sentences": [{"raw": "A dog."}, ...]},
//    ...], "dataset": "coco"}
// "filepath" may be missing; other members are passed over.
struct KarpathyPicture {
  std::string file;  // with its folder, if the list has one
  std::vector<std::string> captions;
};

// The pictures of one split, in the order of the list. Errors: kCorrupt (no such list; a picture without a name, or
// with one that leaves the folder), kNotFound (no picture in the split; those that are there are named).
std::vector<KarpathyPicture> parse_karpathy(std::string_view json, std::string_view place, std::string_view split);

// The split with its pictures. path: the list, or the folder with it. Pictures are looked for in the list's folder and
// in the folders of that. Captions stay as they are, repeated ones too; pictures without one are left out and counted.
// Errors: as parse_karpathy; kNotFound, kIo.
std::unique_ptr<PairSource> open_karpathy_pairs(const std::filesystem::path& path, std::string_view split);

}  // namespace clipkit
