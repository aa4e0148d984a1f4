#pragma once

#include <array>
#include <set>
#include <string>

#include "base/check.h"
#include "base/json.h"

namespace clipkit {

// Reads the members of one JSON object with types and ranges checked, and can say which members nobody asked for.
class JsonReader {
 public:
  JsonReader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) fail(ErrorCode::kCorrupt, place_, ": expected a JSON object, found ", object.type_name());
  }

  // The member, or nullptr if it is absent or null.
  const Json* find(const std::string& key) {
    seen_.insert(key);
    const auto member = object_.find(key);
    return member == object_.end() || member->is_null() ? nullptr : &*member;
  }

  int integer(const std::string& key, int absent, int low, int high) {
    const Json* value = find(key);
    return value == nullptr ? absent : to_integer(*value, key, low, high);
  }
  int required_integer(const std::string& key, int low, int high) {
    const Json* value = find(key);
    if (value == nullptr) fail(ErrorCode::kCorrupt, place_, ": \"", key, "\" is missing");
    return to_integer(*value, key, low, high);
  }
  int to_integer(const Json& value, const std::string& key, int low, int high) const {
    if (!value.is_number_integer() || value < low || value > high) {
      fail(ErrorCode::kCorrupt, place_, ": \"", key, "\" is ", value.dump(), ", expected a whole number from ", low,
           " to ", high);
    }
    return value.get<int>();
  }
  double number(const std::string& key, double absent, double low, double high) {
    const Json* value = find(key);
    if (value == nullptr) return absent;
    if (!value->is_number() || *value < low || *value > high) {
      fail(ErrorCode::kCorrupt, place_, ": \"", key, "\" is ", value->dump(), ", expected a number from ", low, " to ",
           high);
    }
    return value->get<double>();
  }
  bool boolean(const std::string& key, bool absent) {
    const Json* value = find(key);
    if (value == nullptr) return absent;
    if (!value->is_boolean())
      fail(ErrorCode::kCorrupt, place_, ": \"", key, "\" is ", value->dump(), ", expected true or false");
    return value->get<bool>();
  }
  std::string text(const std::string& key, const std::string& absent) {
    const Json* value = find(key);
    if (value == nullptr) return absent;
    if (!value->is_string())
      fail(ErrorCode::kCorrupt, place_, ": \"", key, "\" is ", value->dump(), ", expected a string");
    return value->get<std::string>();
  }
  std::array<float, 3> three_numbers(const std::string& key, std::array<float, 3> absent) {
    const Json* value = find(key);
    if (value == nullptr) return absent;
    std::array<float, 3> result{};
    for (size_t i = 0; i < 3; ++i) {
      if (!value->is_array() || value->size() != 3 || !(*value)[i].is_number())
        fail(ErrorCode::kCorrupt, place_, ": \"", key, "\" is ", value->dump(), ", expected three numbers");
      result[i] = (*value)[i].get<float>();
    }
    return result;
  }
  // A member that must be absent or have the one value that clipkit implements.
  void only(const std::string& key, const Json& supported) {
    const Json* value = find(key);
    if (value != nullptr && *value != supported) {
      fail(ErrorCode::kUnsupported, place_, ": \"", key, "\" is ", value->dump(), ", clipkit supports only ",
           supported.dump());
    }
  }
  void ignore(const std::string& key) { seen_.insert(key); }

  // Errors: kUnsupported for a member that was not asked for. A key that is not understood may change the mathematics.
  void reject_unknown() const {
    for (const auto& [key, value] : object_.items()) {
      if (!seen_.contains(key)) fail(ErrorCode::kUnsupported, place_, ": unknown key \"", key, "\"");
    }
  }

  const std::string& place() const { return place_; }

 private:
  const Json& object_;
  std::string place_;
  std::set<std::string> seen_;
};

}  // namespace clipkit
