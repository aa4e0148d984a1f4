#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clipkit::cli {

// Writes JSON into a string, member by member and without building a document first: an output of a million rows is
// made of these. Floats have the fewest digits that give the same float back; what is not finite becomes null.
class JsonLine {
 public:
  JsonLine& begin_object() { return open('{'); }
  JsonLine& end_object() { return close('}'); }
  JsonLine& begin_array() { return open('['); }
  JsonLine& end_array() { return close(']'); }
  JsonLine& key(std::string_view name);
  JsonLine& value(std::string_view text);  // bytes that are not UTF-8 become U+FFFD
  JsonLine& value(const char* text) { return value(std::string_view(text)); }
  JsonLine& value(float number);
  JsonLine& value(double number);
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) JsonLine& value(Integer number) { return raw(std::to_string(number)); }
  template <std::same_as<bool> Bool>
  JsonLine& value(Bool truth) {
    return raw(truth ? "true" : "false");
  }
  JsonLine& null() { return raw("null"); }
  template <class T>
  JsonLine& array(std::span<const T> numbers) {
    begin_array();
    for (const T& number : numbers) value(number);
    return end_array();
  }
  template <class T>
  JsonLine& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }
  // JSON that was made elsewhere.
  JsonLine& raw(std::string_view json);

  const std::string& text() const noexcept { return text_; }
  std::string line() && { return std::move(text_) + "\n"; }

 private:
  JsonLine& open(char bracket);
  JsonLine& close(char bracket);
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace clipkit::cli
