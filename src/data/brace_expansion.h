#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// The names that a pattern with braces stands for, as in bash and WebDataset: "{a,b}" is each of a list, "{008..011}"
// each number of a range (with the leading zeros of its ends; downwards if the first is the larger). Several braces are
// combined, the last one fastest. A pattern without braces stands for itself.
// Errors: kInvalidArgument for braces that are unbalanced, nested or of another form, and for more than a million
// names.
std::vector<std::string> expand_braces(std::string_view pattern);

}  // namespace clipkit
