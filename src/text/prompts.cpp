#include "clipkit/prompts.h"

#include <algorithm>

#include "base/asset.h"
#include "base/check.h"
#include "base/json.h"

CLIPKIT_DECLARE_ASSET(prompts);

namespace clipkit {

namespace {

const Json& all_sets() {
  static const Json sets = parse_json(CLIPKIT_ASSET(prompts), "assets/prompts.json");
  return sets;
}

// The name without what is ignored when names are compared.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

// Levenshtein's distance: insertions, deletions and replacements that turn a into b.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::vector<std::string> sets_with(const char* what) {
  std::vector<std::string> names;
  for (const auto& [name, set] : all_sets().items()) {
    if (set.contains(what)) names.push_back(name);
  }
  return names;
}

// The names nearest to the wanted one, best first: those that contain it, then those that are few edits away.
std::string near_matches(std::string_view wanted, const char* what) {
  constexpr size_t kMaxLength = 64, kMaxNames = 3;
  const std::string plain = plain_name(wanted.substr(0, kMaxLength));
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& name : sets_with(what)) {
    const std::string candidate = plain_name(name);
    const bool contains = !plain.empty() && candidate.find(plain) != std::string::npos;
    ranked.emplace_back(contains ? 0 : edit_distance(plain, candidate), name);
  }
  std::sort(ranked.begin(), ranked.end());
  std::string names;
  for (size_t i = 0; i < std::min(kMaxNames, ranked.size()); ++i) {
    names += concat(i > 0 ? ", " : "", "\"", ranked[i].second, "\"");
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
       "\"; near it: ", near_matches(name, what));
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
