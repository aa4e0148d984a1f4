#pragma once

#include <algorithm>
#include <string_view>

#include "image/decode.h"

namespace clipkit {

// Reads a file from front to back; whatever would reach past its end is the error "truncated".
class DecodeReader {
 public:
  DecodeReader(const DecodeJob& job, std::string_view format) : job_(job), format_(format) {}

  size_t position() const noexcept { return position_; }
  size_t remaining() const noexcept { return job_.bytes.size() - position_; }

  void seek(uint64_t position) {
    if (position > job_.bytes.size()) fail_truncated(job_, format_);
    position_ = static_cast<size_t>(position);
  }
  std::span<const uint8_t> bytes(uint64_t count) {
    if (count > remaining()) fail_truncated(job_, format_);
    const auto* data = reinterpret_cast<const uint8_t*>(job_.bytes.data()) + position_;
    position_ += static_cast<size_t>(count);
    return {data, static_cast<size_t>(count)};
  }
  // -1 at the end.
  int peek() const noexcept { return remaining() > 0 ? std::to_integer<int>(job_.bytes[position_]) : -1; }
  uint8_t u8() { return bytes(1)[0]; }
  uint16_t u16_le() {
    const auto b = bytes(2);
    return static_cast<uint16_t>(b[0] | b[1] << 8);
  }
  uint32_t u32_le() {
    const uint32_t low = u16_le();
    return low | uint32_t{u16_le()} << 16;
  }

 private:
  const DecodeJob& job_;
  std::string_view format_;
  size_t position_ = 0;
};

}  // namespace clipkit
