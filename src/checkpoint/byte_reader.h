#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace clipkit {

static_assert(std::endian::native == std::endian::little, "checkpoints are little-endian and are mapped as they are");

// Walks over bytes from outside. Reading past the end throws Error(kCorrupt): "PLACE: WHAT at byte N
// takes M bytes, K are left".
class ByteReader {
 public:
  // place and bytes must outlive the reader. origin is where the bytes begin in the file, for messages.
  ByteReader(std::string_view bytes, std::string_view place, uint64_t origin = 0)
      : bytes_(bytes), place_(place), origin_(origin) {}

  size_t position() const noexcept { return position_; }
  size_t remaining() const noexcept { return bytes_.size() - position_; }
  std::string_view rest() const noexcept { return bytes_.substr(position_); }
  std::string_view place() const noexcept { return place_; }

  // The next bytes, not copied.
  std::string_view take(uint64_t count, std::string_view what) {
    if (count > remaining()) {
      fail(ErrorCode::kCorrupt, place_, ": ", what, " at byte ", origin_ + position_, " takes ", count, " bytes, ",
           remaining(), " are left");
    }
    const std::string_view taken = bytes_.substr(position_, static_cast<size_t>(count));
    position_ += static_cast<size_t>(count);
    return taken;
  }
  template <class Number>
  requires std::integral<Number> || std::floating_point<Number> Number read(std::string_view what) {
    Number value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }

 private:
  std::string_view bytes_, place_;
  uint64_t origin_;
  size_t position_ = 0;
};

}  // namespace clipkit
