#include "data/sets/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace clipkit {

bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

namespace {

enum Header : int { kZlib = 0, kGzip = 16 };  // what zlib adds to the size of the window

std::string unpack(std::span<const std::byte> bytes, int64_t limit, std::string_view place, Header header) {
  constexpr int kLargestWindow = 15;
  constexpr size_t kPiece = size_t{1} << 20;  // zlib counts in 32 bits
  z_stream stream{};
  if (inflateInit2(&stream, kLargestWindow + header) != Z_OK)
    fail(ErrorCode::kOutOfMemory, place, ": no memory to unpack it");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  std::string out;
  size_t read = 0;
  while (static_cast<int64_t>(out.size()) < limit) {
    if (stream.avail_in == 0) {
      const size_t count = std::min(kPiece, bytes.size() - read);
      if (count == 0) fail(ErrorCode::kCorrupt, place, ": the packed bytes are truncated");
      // zlib does not write to its input; its C type lacks the const.
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data() + read));
      stream.avail_in = static_cast<uInt>(count);
      read += count;
    }
    const size_t before = out.size();
    out.resize(before + std::min(kPiece, static_cast<size_t>(limit) - before));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(out.size() - before);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (status == Z_STREAM_END) {
      const size_t left = bytes.size() - read + stream.avail_in;
      if (header == kZlib || left == 0 || !is_gzip(bytes.last(left))) break;  // what follows the last member is padding
      inflateReset(&stream);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(ErrorCode::kCorrupt, place, ": damaged packed bytes", stream.msg != nullptr ? ": " : "",
           stream.msg != nullptr ? stream.msg : "");
    }
  }
  return out;
}

}  // namespace

std::string gunzip(std::span<const std::byte> bytes, int64_t limit, std::string_view place) {
  return unpack(bytes, limit, place, kGzip);
}

std::string inflate_zlib(std::span<const std::byte> bytes, int64_t limit, std::string_view place) {
  return unpack(bytes, limit, place, kZlib);
}

}  // namespace clipkit
