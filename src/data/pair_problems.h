#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// What is wrong with a set of pairs without being an error: counted by kind, the first few by name.
class PairProblems {
 public:
  static constexpr size_t kNamesShown = 5;
  struct Kind {
    std::string what;  // "pictures without a caption"
    int64_t count = 0;
    std::vector<std::string> names{};  // the first kNamesShown
  };

  void add(std::string_view what, std::string name);
  // Appends another's: merged part by part, the outcome does not depend on which thread found what.
  void merge(const PairProblems& other);
  const std::vector<Kind>& kinds() const noexcept { return kinds_; }
  int64_t count(std::string_view what) const noexcept;
  // "pictures without a caption: 3 (a, b, c); members refused: 12 (d: a link, ...)"; empty if nothing is wrong.
  std::string summary() const;

 private:
  Kind& kind(std::string_view what);
  std::vector<Kind> kinds_;
};

}  // namespace clipkit
