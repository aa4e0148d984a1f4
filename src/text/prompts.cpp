#include "clipkit/prompts.h"

#include "base/asset.h"
#include "base/check.h"
#include "base/json.h"
#include "text/near_names.h"

CLIPKIT_DECLARE_ASSET(prompts);

namespace clipkit {

namespace {

const Json& all_sets() {
  static const Json sets = parse_json(CLIPKIT_ASSET(prompts), "assets/prompts.json");
  return sets;
}

std::vector<std::string> sets_with(const char* what) {
  std::vector<std::string> names;
  for (const auto& [name, set] : all_sets().items()) {
    if (set.contains(what)) names.push_back(name);
  }
  return names;
}

const Json& find_list(std::string_view name, const char* what, const char* description) {
  const std::string plain = plain_name(name);
  for (const auto& [candidate, set] : all_sets().items()) {
    if (plain_name(candidate) != plain || !set.contains(what)) continue;
    const Json& list = set[what];
    return list.is_string() ? all_sets()[list.get_ref<const std::string&>()][what] : list;
  }
  fail(ErrorCode::kNotFound, "there is no set of ", description, " named \"", name,
       "\"; near it: ", near_names(name, sets_with(what)));
}

}  // namespace

std::vector<std::string> prompt_templates(std::string_view set) {
  return find_list(set, "templates", "prompt templates").get<std::vector<std::string>>();
}

std::vector<std::vector<std::string>> class_synonyms(std::string_view set) {
  return find_list(set, "classes", "class names").get<std::vector<std::vector<std::string>>>();
}

std::vector<std::string> class_names(std::string_view set) {
  std::vector<std::string> names;
  for (std::vector<std::string>& synonyms : class_synonyms(set)) names.push_back(std::move(synonyms.front()));
  return names;
}

std::vector<std::string> prompt_template_sets() {
  return sets_with("templates");
}
std::vector<std::string> class_name_sets() {
  return sets_with("classes");
}

std::string fill_template(std::string_view prompt_template, std::string_view label) {
  std::string text;
  size_t begin = 0, hole;
  while ((hole = prompt_template.find("{}", begin)) != std::string_view::npos) {
    text.append(prompt_template, begin, hole - begin);
    text += label;
    begin = hole + 2;
  }
  CLIPKIT_CHECK(begin > 0, "prompt template \"", prompt_template, "\" has no {} for the label");
  text += prompt_template.substr(begin);
  return text;
}

}  // namespace clipkit
