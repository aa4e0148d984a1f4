#pragma once

#include <memory>
#include <optional>
#include <string>

#include "clipkit/curate.h"
#include "curate/drop.h"

namespace re2 {
class RE2;
}

namespace clipkit {

// The rules of a caption by itself. Thread-safe. Time is linear in the caption's length, whatever the pattern: captions
// come from anywhere.
class CaptionRules {
 public:
  // Errors: kInvalidArgument (limits below 0, a pattern that RE2 refuses).
  explicit CaptionRules(const FilterOptions& options);
  ~CaptionRules();

  struct Verdict {
    DropRule rule;
    float value;  // words; 1 where a pattern was found
  };
  // The first rule that the caption does not pass.
  std::optional<Verdict> check(const std::string& caption) const;

 private:
  const int64_t min_words_, max_words_;
  std::unique_ptr<const re2::RE2> wanted_, unwanted_;
};

}  // namespace clipkit
