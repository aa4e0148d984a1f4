#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clipkit {

// Whether bytes begin as a gzip file does.
bool is_gzip(std::span<const std::byte> bytes) noexcept;

// The first `limit` bytes of what a gzip file (RFC 1952, one or more members) unpacks to, or all if it is less; the
// checksum is verified where the end of a member is reached. Memory grows with what was unpacked. Errors: kCorrupt,
// place first.
std::string gunzip(std::span<const std::byte> bytes, int64_t limit, std::string_view place);

// The same for a zlib stream (RFC 1950), of which there is one.
std::string inflate_zlib(std::span<const std::byte> bytes, int64_t limit, std::string_view place);

}  // namespace clipkit
