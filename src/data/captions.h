#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace clipkit {

// Adds a caption without the white space around it, unless nothing is left or it is there already.
void add_caption(std::string_view text, std::vector<std::string>& captions);

// Adds the captions of a JSON object: member `key`, or, if that is empty, the first that is there of "captions",
// "caption", "title" and "text". The member is a string or an array of strings; anything else adds nothing.
void add_json_captions(const Json& object, std::string_view key, std::vector<std::string>& captions);

}  // namespace clipkit
