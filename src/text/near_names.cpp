#include "text/near_names.h"

#include <algorithm>

#include "base/concat.h"

namespace clipkit {

namespace {

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

}  // namespace

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

std::string near_names(std::string_view wanted, const std::vector<std::string>& candidates) {
  constexpr size_t kMaxLength = 64, kMaxNames = 3;
  const std::string plain = plain_name(wanted.substr(0, kMaxLength));
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& name : candidates) {
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

}  // namespace clipkit
