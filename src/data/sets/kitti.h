#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// What KITTI's annotations say about the nearest car, van or truck, as the Visual Task Adaptation Benchmark has it
// (closest_vehicle_distance) and CLIP with it: 0 up to 8 m, 1 up to 20 m, 2 farther, 3 there is none. text: a line per
// object, "TYPE ... x y z ...", of which the 14th word is its distance z along the camera's axis, in metres.
// Errors: kCorrupt, place first.
int32_t kitti_distance_class(std::string_view text, std::string_view place);

// The pictures NAME.png of `pictures` (within root) for all files NAME.txt of root/labels, by name. Errors: as above;
// kNotFound, kIo.
std::vector<LabelledFile> list_kitti(const std::filesystem::path& root, const std::string& pictures,
                                     const std::string& labels);

}  // namespace clipkit
