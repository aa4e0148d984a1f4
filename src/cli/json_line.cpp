#include "cli/json_line.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace clipkit::cli {

namespace {

template <class Float>
std::string shortest(Float number) {
  if (!std::isfinite(number)) return "null";
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

JsonLine& JsonLine::key(std::string_view name) {
  separate();
  text_ += quoted(name) + ": ";
  needs_comma_ = false;
  return *this;
}

JsonLine& JsonLine::value(std::string_view text) {
  return raw(quoted(text));
}
JsonLine& JsonLine::value(float number) {
  return raw(shortest(number));
}
JsonLine& JsonLine::value(double number) {
  return raw(shortest(number));
}

JsonLine& JsonLine::raw(std::string_view json) {
  separate();
  text_ += json;
  needs_comma_ = true;
  return *this;
}

JsonLine& JsonLine::open(char bracket) {
  separate();
  text_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonLine& JsonLine::close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

void JsonLine::separate() {
  if (needs_comma_) text_ += ", ";
}

}  // namespace clipkit::cli
