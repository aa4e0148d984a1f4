#include "data/brace_expansion.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/quote.h"

namespace clipkit {

namespace {

constexpr size_t kMaxNames = 1'000'000, kMaxBytes = size_t{1} << 28;

std::optional<int64_t> parse_digits(std::string_view text) {
  constexpr size_t kMaxDigits = 18;
  int64_t value = 0;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return '0' <= c && c <= '9'; })) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string with_zeros(int64_t value, size_t width) {
  std::string digits = concat(value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

// What stands between braces, as its alternatives.
std::vector<std::string> alternatives_of(std::string_view inside, std::string_view pattern) {
  std::vector<std::string> found;
  if (inside.find(',') != std::string_view::npos) {
    for (size_t begin = 0; begin <= inside.size();) {
      const size_t end = std::min(inside.find(',', begin), inside.size());
      found.emplace_back(inside.substr(begin, end - begin));
      begin = end + 1;
    }
    return found;
  }
  const size_t dots = inside.find("..");
  const std::string_view first = inside.substr(0, dots);
  const std::string_view last = dots == std::string_view::npos ? "" : inside.substr(dots + 2);
  const auto low = parse_digits(first), high = parse_digits(last);
  CLIPKIT_CHECK(low && high, quote(pattern), ": ", quote(inside),
                " in braces is neither a range such as 000..099 nor a list such as a,b");
  CLIPKIT_CHECK(std::max(*low, *high) - std::min(*low, *high) < static_cast<int64_t>(kMaxNames), quote(pattern),
                ": stands for more than ", kMaxNames, " names");
  const bool padded = first.starts_with('0') || last.starts_with('0');
  const size_t width = padded ? std::max(first.size(), last.size()) : 0;
  const int64_t step = *low <= *high ? 1 : -1;
  for (int64_t i = *low; i != *high + step; i += step) found.push_back(with_zeros(i, width));
  return found;
}

}  // namespace

std::vector<std::string> expand_braces(std::string_view pattern) {
  std::vector<std::string> names{""};
  std::string_view rest = pattern;
  while (!rest.empty()) {
    const size_t open = std::min(rest.find_first_of("{}"), rest.size());
    std::vector<std::string> tails{std::string(rest.substr(0, open))};
    rest.remove_prefix(open);
    if (!rest.empty()) {
      const size_t close = rest.find_first_of("{}", 1);
      CLIPKIT_CHECK(rest[0] == '{' && close != std::string_view::npos && rest[close] == '}', quote(pattern),
                    ": its braces are unbalanced or nested");
      const std::string head = std::move(tails[0]);
      tails = alternatives_of(rest.substr(1, close - 1), pattern);
      for (std::string& tail : tails) tail.insert(0, head);
      rest.remove_prefix(close + 1);
    }
    const size_t longest = std::max_element(tails.begin(), tails.end(), [](const auto& a, const auto& b) {
                             return a.size() < b.size();
                           })->size();
    CLIPKIT_CHECK(names.size() * tails.size() <= kMaxNames &&
                      names.size() * tails.size() * (names[0].size() + longest) <= kMaxBytes,
                  quote(pattern), ": stands for more than ", kMaxNames, " names, or too long ones");
    std::vector<std::string> longer;
    longer.reserve(names.size() * tails.size());
    for (const std::string& name : names) {
      for (const std::string& tail : tails) longer.push_back(name + tail);
    }
    names = std::move(longer);
  }
  return names;
}

}  // namespace clipkit
