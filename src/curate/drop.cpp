#include "curate/drop.h"

namespace clipkit {

const char* to_string(DropRule rule) noexcept {
  constexpr const char* kNames[kNumDropRules] = {
      "unreadable",         "min-size",       "max-aspect",   "min-words",       "max-words",      "caption-regex",
      "drop-caption-regex", "min-similarity", "drop-concept", "drop-duplicates", "near-duplicates"};
  return kNames[static_cast<int>(rule)];
}

}  // namespace clipkit
