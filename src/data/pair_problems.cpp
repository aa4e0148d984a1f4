#include "data/pair_problems.h"

#include <algorithm>

#include "base/concat.h"

namespace clipkit {

PairProblems::Kind& PairProblems::kind(std::string_view what) {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) { return k.what == what; });
  return found != kinds_.end() ? *found : kinds_.emplace_back(Kind{std::string(what)});
}

void PairProblems::add(std::string_view what, std::string name) {
  Kind& place = kind(what);
  ++place.count;
  if (place.names.size() < kNamesShown) place.names.push_back(std::move(name));
}

void PairProblems::merge(const PairProblems& other) {
  for (const Kind& more : other.kinds_) {
    Kind& place = kind(more.what);
    place.count += more.count;
    for (const std::string& name : more.names) {
      if (place.names.size() < kNamesShown) place.names.push_back(name);
    }
  }
}

int64_t PairProblems::count(std::string_view what) const noexcept {
  for (const Kind& k : kinds_) {
    if (k.what == what) return k.count;
  }
  return 0;
}

std::string PairProblems::summary() const {
  std::string text;
  for (const Kind& k : kinds_) {
    text += concat(text.empty() ? "" : "; ", k.what, ": ", k.count, " (");
    for (size_t i = 0; i < k.names.size(); ++i) text += concat(i == 0 ? "" : ", ", k.names[i]);
    text += k.count > static_cast<int64_t>(k.names.size()) ? ", ...)" : ")";
  }
  return text;
}

}  // namespace clipkit
