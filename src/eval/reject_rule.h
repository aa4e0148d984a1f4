#pragma once

#include <string>
#include <string_view>

#include "clipkit/reject.h"

namespace clipkit {

// docs/formats/reject_rule.md. place begins every message. Errors: kCorrupt, kUnsupported (another layout).
RejectRule parse_reject_rule(std::string_view json, std::string_view place);
std::string spell_reject_rule(const RejectRule& rule);

}  // namespace clipkit
