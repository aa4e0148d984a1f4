#include "data/captions.h"

#include <algorithm>

namespace clipkit {

void add_caption(std::string_view text, std::vector<std::string>& captions) {
  constexpr std::string_view kSpace = " \t\n\v\f\r", kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return;
  text = text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
  if (std::find(captions.begin(), captions.end(), text) == captions.end()) captions.emplace_back(text);
}

void add_json_captions(const Json& object, std::string_view key, std::vector<std::string>& captions) {
  if (!object.is_object()) return;
  auto member = object.end();
  if (!key.empty()) {
    member = object.find(key);
  } else {
    for (const char* name : {"captions", "caption", "title", "text"}) {
      if (member == object.end()) member = object.find(name);
    }
  }
  if (member == object.end()) return;
  const auto add = [&](const Json& value) {
    if (value.is_string()) add_caption(value.get_ref<const std::string&>(), captions);
  };
  if (member->is_array()) {
    for (const Json& value : *member) add(value);
  } else {
    add(*member);
  }
}

}  // namespace clipkit
