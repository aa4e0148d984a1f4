#include "checkpoint/safetensors_header.h"

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/quote.h"
#include "clipkit/tensor.h"

namespace clipkit {

namespace {

// The header has one fixed form, {name: {dtype, shape: [..], data_offsets: [begin, end]}, "__metadata__": {..}}: a
// place in it is one of these, and no stack is needed.
enum class Where { kStart, kNames, kEntry, kShape, kOffsets, kMetadata, kEnd };

enum Field : unsigned { kNone = 0, kDtype = 1, kShapeField = 2, kOffsetsField = 4, kAllFields = 7 };

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  Handler(std::string_view place, const std::function<void(std::string&&, const SafetensorsEntry&)>& on_tensor)
      : place_(place), on_tensor_(on_tensor) {}

  std::map<std::string, std::string> take_metadata() { return std::move(metadata_); }

  bool null() override { wrong("null"); }
  bool boolean(bool) override { wrong("a boolean"); }
  bool number_integer(number_integer_t) override { wrong("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { wrong("a number that is not an integer"); }
  bool binary(binary_t&) override { wrong("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (where_ == Where::kShape) {
      if (entry_.shape.size() == Shape::kMaxRank) {
        fail(ErrorCode::kUnsupported, place_, ": tensor ", quote(name_), " has more than ", Shape::kMaxRank, " axes");
      }
      entry_.shape.push_back(value);
    } else if (where_ == Where::kOffsets && num_offsets_ < 2) {
      (num_offsets_++ == 0 ? entry_.begin : entry_.end) = value;
    } else {
      wrong("a number");
    }
    return true;
  }

  bool string(string_t& value) override {
    if (where_ == Where::kEntry && field_ == kDtype) {
      entry_.dtype = std::move(value);
    } else if (where_ == Where::kMetadata) {
      if (!metadata_.emplace(std::move(name_), std::move(value)).second) broken("a name occurs twice in __metadata__");
    } else {
      wrong("a string");
    }
    return true;
  }

  bool start_object(size_t) override {
    if (where_ == Where::kStart) {
      where_ = Where::kNames;
    } else if (where_ == Where::kNames && name_ == "__metadata__") {
      if (has_metadata_) broken("__metadata__ occurs twice");
      has_metadata_ = true;
      where_ = Where::kMetadata;
    } else if (where_ == Where::kNames) {
      where_ = Where::kEntry;
      fields_ = kNone;
    } else {
      wrong("an object");
    }
    return true;
  }

  bool key(string_t& name) override {
    if (where_ != Where::kEntry) {
      name_ = std::move(name);
      return true;
    }
    field_ = name == "dtype" ? kDtype : name == "shape" ? kShapeField : name == "data_offsets" ? kOffsetsField : kNone;
    if (field_ == kNone) broken(concat("the unknown field ", quote(name)));
    if ((fields_ & field_) != 0) broken(concat("the field ", quote(name), " occurs twice"));
    fields_ |= field_;
    return true;
  }

  bool start_array(size_t) override {
    if (where_ == Where::kEntry && field_ == kShapeField) {
      where_ = Where::kShape;
      entry_.shape.clear();
    } else if (where_ == Where::kEntry && field_ == kOffsetsField) {
      where_ = Where::kOffsets;
      num_offsets_ = 0;
    } else {
      wrong("an array");
    }
    return true;
  }

  bool end_array() override {
    if (where_ == Where::kOffsets && num_offsets_ != 2) broken("data_offsets is not [begin, end]");
    where_ = Where::kEntry;
    return true;
  }

  bool end_object() override {
    if (where_ == Where::kEntry) {
      if (fields_ != kAllFields) broken("dtype, shape or data_offsets is missing");
      on_tensor_(std::move(name_), entry_);
      where_ = Where::kNames;
    } else {
      where_ = where_ == Where::kMetadata ? Where::kNames : Where::kEnd;
    }
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(ErrorCode::kCorrupt, place_, ": the safetensors header is not valid JSON at byte ", position, " of it");
  }

 private:
  [[noreturn]] void wrong(std::string_view found) {
    constexpr std::string_view kField[] = {"", "dtype (a string)", "shape (an array of whole numbers)", "",
                                           "data_offsets (two whole numbers)"};
    std::string expected = "an object";
    if (where_ == Where::kMetadata) expected = "a string";
    if (where_ == Where::kEntry || where_ == Where::kShape || where_ == Where::kOffsets) expected = kField[field_];
    broken(concat("found ", found, ", expected ", expected));
  }
  [[noreturn]] void broken(std::string_view what) {
    const bool at_start = where_ == Where::kStart || where_ == Where::kEnd;
    fail(ErrorCode::kCorrupt, place_, ": safetensors header", at_start ? "" : ", ", at_start ? "" : quote(name_), ": ",
         what);
  }

  std::string_view place_;
  const std::function<void(std::string&&, const SafetensorsEntry&)>& on_tensor_;
  std::map<std::string, std::string> metadata_;
  Where where_ = Where::kStart;
  std::string name_;
  SafetensorsEntry entry_;
  unsigned field_ = kNone, fields_ = kNone;
  int num_offsets_ = 0;
  bool has_metadata_ = false;
};

}  // namespace

std::map<std::string, std::string> parse_safetensors_header(
    std::string_view json, std::string_view place,
    const std::function<void(std::string&& name, const SafetensorsEntry& entry)>& on_tensor) {
  // The JSON library takes a zero byte for the end of its input.
  if (json.find('\0') != std::string_view::npos) {
    fail(ErrorCode::kCorrupt, place, ": the safetensors header contains a zero byte");
  }
  Handler handler(place, on_tensor);
  nlohmann::json::sax_parse(json.begin(), json.end(), &handler);
  return handler.take_metadata();
}

}  // namespace clipkit
