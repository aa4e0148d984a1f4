#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace clipkit {

namespace detail {
inline void append(std::string& out, std::string_view text) {
  out += text;
}
inline void append(std::string& out, char c) {
  out += c;
}
template <std::same_as<bool> Bool>  // a template, or string literals would become bools
void append(std::string& out, Bool b) {
  out += b ? "true" : "false";
}
template <class Number>
requires((std::integral<Number> && !std::same_as<Number, bool> && !std::same_as<Number, char>) ||
         std::floating_point<Number>) void append(std::string& out, Number number) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}
}  // namespace detail

// The arguments one after the other, numbers in their shortest exact form: concat("row ", 3, " of ", 4).
template <class... Args>
std::string concat(const Args&... args) {
  std::string out;
  (detail::append(out, args), ...);
  return out;
}

}  // namespace clipkit
