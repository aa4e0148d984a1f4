#include "text/badness.h"

#include <map>
#include <string>
#include <vector>

#include "base/asset.h"
#include "base/check.h"
#include "text/code_point_table.h"
#include "text/table_file.h"
#include "text/unicode.h"

CLIPKIT_DECLARE_ASSET(repair_tables);

namespace clipkit {

namespace {

// 128 bits, one per element of a rule.
struct Mask {
  uint64_t low = 0, high = 0;
  void set(size_t bit) { (bit < 64 ? low : high) |= uint64_t{1} << (bit % 64); }
  bool operator<(const Mask& o) const { return high != o.high ? high < o.high : low < o.low; }
  Mask operator&(Mask o) const { return {low & o.low, high & o.high}; }
  Mask operator|(Mask o) const { return {low | o.low, high | o.high}; }
  Mask operator^(Mask o) const { return {low ^ o.low, high ^ o.high}; }
  Mask shifted() const { return {low << 1, high << 1 | low >> 63}; }
  bool any() const { return (low | high) != 0; }
};

// All rules at once, bit-parallel (Shift-And; Baeza-Yates & Gonnet 1992): bit b of the state is set when the element
// that b stands for and all before it in its rule match the text up to here. A rule that matches leaves its last bit
// set.
class BadnessRules {
 public:
  BadnessRules() {
    std::map<std::string_view, std::vector<CodeEntry>> sets;
    std::vector<std::vector<std::string_view>> rules;
    for (const TableLine& line : parse_table(CLIPKIT_ASSET(repair_tables))) {
      if (line.key == "rule") {
        add_rule_variants(line.entries, rules);
      } else if (line.key == "set") {
        for (size_t i = 1; i < line.entries.size(); ++i) {
          sets[line.entries[0]].push_back(parse_code_entry(line.entries[i]));
        }
      }
    }
    std::map<char32_t, Mask> toggled;  // bits of characters that differ from those of a character in no set at all
    size_t bit = 0;
    for (const auto& rule : rules) {
      bool is_first = true, at_start = false;
      for (std::string_view element : rule) {
        if (element == "^") {
          at_start = true;
          continue;
        }
        if (is_first) (at_start ? start_of_text_ : first_).set(bit);
        is_first = false;
        if (element == "space" || element == "word") {
          (element == "space" ? space_ : word_).set(bit);
        } else {
          const bool negated = element[0] == '!';
          if (negated) other_.set(bit);
          for (const CodeEntry& range : sets.at(element.substr(negated ? 1 : 0))) {
            for (char32_t c = range.first; c <= range.last; ++c) toggled[c].set(bit);
          }
        }
        ++bit;
      }
      last_.set(bit - 1);
    }
    CLIPKIT_ASSERT(bit <= 128);
    number_classes(toggled);
  }

  bool match(std::u32string_view text) const {
    const UnicodeTables& unicode = UnicodeTables::get();
    Mask state, initial = first_ | start_of_text_;
    for (const char32_t c : text) {
      Mask matching = masks_[class_of_[c]];
      const uint16_t flags = unicode.flags[c];
      if (flags & kPyWord) matching = matching | word_;
      if (flags & kPySpace) matching = matching | space_;
      state = (state.shifted() | initial) & matching;
      if ((state & last_).any()) return true;
      initial = first_;
    }
    return false;
  }

 private:
  // An optional element makes two rules of one.
  static void add_rule_variants(std::vector<std::string_view> rule, std::vector<std::vector<std::string_view>>& rules) {
    for (size_t i = 0; i < rule.size(); ++i) {
      if (rule[i][0] != '?') continue;
      rule[i].remove_prefix(1);
      add_rule_variants(rule, rules);
      rule.erase(rule.begin() + i);
      add_rule_variants(std::move(rule), rules);
      return;
    }
    rules.push_back(std::move(rule));
  }

  // Characters with the same bits form a class; class 0 is in no set.
  void number_classes(const std::map<char32_t, Mask>& toggled) {
    masks_.push_back(other_);
    std::map<Mask, uint8_t> numbers;
    for (const auto& [c, bits] : toggled) {
      const Mask mask = other_ ^ bits;
      const auto [at, inserted] = numbers.emplace(mask, static_cast<uint8_t>(masks_.size()));
      if (inserted) masks_.push_back(mask);
      class_of_.at(c) = at->second;
    }
    CLIPKIT_ASSERT(masks_.size() <= 256);
  }

  // A bit shifted out of one rule's last element into the next rule's first is harmless: the match has been reported.
  Mask first_, start_of_text_, last_, space_, word_, other_;
  CodePointTable<uint8_t> class_of_;
  std::vector<Mask> masks_;
};

}  // namespace

bool is_bad(std::u32string_view text) {
  static const BadnessRules rules;
  return rules.match(text);
}

}  // namespace clipkit
