#pragma once

#include <string>
#include <utility>
#include <vector>

#include "clipkit/compact.h"

namespace clipkit::cli {

inline std::vector<std::pair<std::string, Compact>> compact_choices() {
  std::vector<std::pair<std::string, Compact>> choices;
  for (const Compact as : {Compact::kFloat32, Compact::kFloat16, Compact::kInt8, Compact::kBits})
    choices.emplace_back(to_string(as), as);
  return choices;
}

}  // namespace clipkit::cli
