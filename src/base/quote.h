#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// Text from outside, fit for an error message: in double quotes, control characters and bytes that are not UTF-8 as
// \xNN, cut after about 100 bytes.
std::string quote(std::string_view text);

// The same of each, with commas between.
std::string quote_all(const std::vector<std::string>& texts);

}  // namespace clipkit
