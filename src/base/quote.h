#pragma once

#include <string>
#include <string_view>

namespace clipkit {

// Text from outside, fit for an error message: in double quotes, control characters and bytes that are not UTF-8 as
// \xNN, cut after about 100 bytes.
std::string quote(std::string_view text);

}  // namespace clipkit
