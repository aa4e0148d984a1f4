#include "eval/class_prompts.h"

#include <map>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/quote.h"
#include "text/near_names.h"

namespace clipkit {

namespace {

std::vector<std::string> sentences_of(const Json& json, std::string_view place, const std::string& whose) {
  std::vector<std::string> sentences;
  bool good = json.is_array() && !json.empty();
  for (size_t i = 0; good && i < json.size(); ++i) {
    good = json[i].is_string() && !json[i].get_ref<const std::string&>().empty();
    if (good) sentences.push_back(json[i].get<std::string>());
  }
  if (!good) fail(ErrorCode::kCorrupt, place, ": ", whose, " has no array of sentences");
  return sentences;
}

}  // namespace

std::vector<std::vector<std::string>> parse_class_prompts(std::string_view text, std::string_view place,
                                                          std::span<const std::vector<std::string>> classes) {
  const Json json = parse_json(text, place);
  std::vector<std::vector<std::string>> prompts(classes.size());
  if (json.is_array()) {
    if (json.size() != classes.size()) {
      fail(ErrorCode::kCorrupt, place, ": prompts for ", json.size(), " classes, expected ", classes.size());
    }
    for (size_t c = 0; c < classes.size(); ++c) prompts[c] = sentences_of(json[c], place, concat("class ", c));
    return prompts;
  }
  if (!json.is_object()) fail(ErrorCode::kCorrupt, place, ": expected an object of class names, or an array");
  std::multimap<std::string, size_t> class_of;  // two classes may bear one name
  for (size_t c = 0; c < classes.size(); ++c) {
    for (const std::string& name : classes[c]) class_of.emplace(plain_name(name), c);
  }
  for (const auto& [name, sentences] : json.items()) {
    const auto [begin, end] = class_of.equal_range(plain_name(name));
    if (begin == end) fail(ErrorCode::kCorrupt, place, ": there is no class ", quote(name));
    const std::vector<std::string> texts = sentences_of(sentences, place, quote(name));
    for (auto c = begin; c != end; ++c) {
      std::vector<std::string>& all = prompts[c->second];
      all.insert(all.end(), texts.begin(), texts.end());
    }
  }
  for (size_t c = 0; c < classes.size(); ++c) {
    if (prompts[c].empty()) {
      fail(ErrorCode::kCorrupt, place, ": there is no prompt for class ", c, ", ",
           quote(classes[c].empty() ? "" : classes[c].front()));
    }
  }
  return prompts;
}

std::vector<std::vector<std::string>> read_class_prompts(const std::filesystem::path& path,
                                                         std::span<const std::vector<std::string>> classes) {
  return parse_class_prompts(read_file(path, size_t{64} << 20), path.string(), classes);
}

}  // namespace clipkit
