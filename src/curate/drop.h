#pragma once

#include <cstdint>

namespace clipkit {

// Why pairs and captions are left out. In this order the rules are asked; the first that speaks counts.
enum class DropRule : uint8_t {
  kUnreadable,
  kMinSize,
  kMaxAspect,
  kMinWords,
  kMaxWords,
  kCaptionRegex,
  kDropCaptionRegex,
  kMinSimilarity,
  kConcept,
  kDuplicate,
  kNearDuplicate,
};
inline constexpr int kNumDropRules = 11;
// As the options are called: "min-size".
const char* to_string(DropRule rule) noexcept;

struct Drop {
  uint32_t sample;
  int32_t caption;  // which of the sample's is left out, -1: the whole pair
  DropRule rule;
  float value = 0;     // that was held against the rule's limit
  uint32_t other = 0;  // kDuplicate, kNearDuplicate: the sample that stays; kConcept: which concept

  bool is_pair() const noexcept { return caption < 0; }
};

}  // namespace clipkit
