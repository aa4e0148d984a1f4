// layer: eval
// Bytes from outside as a rule for declining: one that is taken is written and read again to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "clipkit/error.h"
#include "eval/reject_rule.h"

using namespace clipkit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const RejectRule rule = parse_reject_rule({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (!(rule.coverage > 0 && rule.coverage < 1) || rule.pictures < 1) std::abort();
    const std::string text = spell_reject_rule(rule);
    if (spell_reject_rule(parse_reject_rule(text, "fuzz")) != text) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kUnsupported) std::abort();
  }
  return 0;
}
