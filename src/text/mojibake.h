#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipkit {

// What the repair of one text may still cost, in characters looked at. Real text needs a few passes. Text that was
// built to need as many passes as it has characters would take the reference quadratic time; when the budget is spent,
// it stays as it is by then.
class RepairBudget {
 public:
  explicit RepairBudget(size_t text_size) : characters_(20'000'000 + 32 * static_cast<int64_t>(text_size)) {}
  // Takes one pass over so many characters; false if there is not enough left.
  bool spend(size_t characters) {
    characters_ -= static_cast<int64_t>(characters);
    return characters_ >= 0;
  }

 private:
  int64_t characters_;
};

// Undoes UTF-8 that was decoded as a single-byte character set ("â€œ" becomes U+201C), once or several times over
// (ftfy's fix_encoding). Text that does not look wrong is returned as it is.
std::u32string fix_encoding(std::u32string text, RepairBudget& budget);

}  // namespace clipkit
