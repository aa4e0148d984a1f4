#include "base/json.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/quote.h"

namespace clipkit {

namespace {

constexpr size_t kMaxDepth = 128;

// Builds the document from the parser's events, so that repeated names and deep nesting are seen before they cost
// anything.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(Json& root, std::string_view text, std::string_view place) : root_(root), text_(text), place_(place) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    auto [member, inserted] = stack_.back()->emplace(name, nullptr);
    if (!inserted) fail(ErrorCode::kCorrupt, place_, ": the name ", quote(name), " occurs twice in one object");
    member_ = &member.value();
    return true;
  }
  bool parse_error(size_t position, const std::string&, const Json::exception&) override {
    constexpr size_t kShown = 40;  // bytes before the place; the library's own message may hold a token of any length
    const size_t end = std::min(position, text_.size()), begin = end - std::min(end, kShown);
    fail(ErrorCode::kCorrupt, place_, ": not valid JSON at byte ", position, ", after ",
         quote(text_.substr(begin, end - begin)));
  }

 private:
  Json* add(Json value, int) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (stack_.back()->is_array()) {
      stack_.back()->push_back(std::move(value));
      return &stack_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }
  bool add(Json value) { return add(std::move(value), 0) != nullptr; }
  bool open(Json value) {
    if (stack_.size() >= kMaxDepth) fail(ErrorCode::kCorrupt, place_, ": JSON nested deeper than ", kMaxDepth);
    stack_.push_back(add(std::move(value), 0));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  Json& root_;
  std::string_view text_, place_;
  std::vector<Json*> stack_;
  Json* member_ = nullptr;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view place) {
  // The library takes a zero byte for the end of the text, and what follows it for nothing.
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    fail(ErrorCode::kCorrupt, place, ": not valid JSON: a zero byte at ", zero);
  }
  Json root;
  Builder builder(root, text, place);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return root;
}

Json read_json(const std::filesystem::path& path, size_t max_bytes) {
  return parse_json(read_file(path, max_bytes), path.string());
}

}  // namespace clipkit
