#include "data/tar_writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/quote.h"
#include "data/tar_format.h"
#include "data/tar_names.h"

namespace clipkit {

namespace {

constexpr int64_t kMaxSize = (int64_t{1} << 33) - 1;  // eleven octal digits

// A number as octal digits with a zero byte behind them.
template <size_t N>
void put_octal(char (&field)[N], int64_t value) {
  for (size_t i = N - 1; i-- > 0; value /= 8) field[i] = static_cast<char>('0' + value % 8);
  field[N - 1] = '\0';
}

// A name of more than 100 bytes is cut at a slash into prefix and name. False if no slash is in the right place.
bool put_name(TarHeader& header, std::string_view name) {
  std::string_view prefix;
  if (name.size() > sizeof header.name) {
    const size_t slash = name.find('/', name.size() - sizeof header.name - 1);
    if (slash == std::string_view::npos || slash == 0 || slash > sizeof header.prefix) return false;
    prefix = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  std::copy(name.begin(), name.end(), header.name);
  std::copy(prefix.begin(), prefix.end(), header.prefix);
  return true;
}

}  // namespace

TarWriter::TarWriter(const std::filesystem::path& path) : path_(path), writer_(path) {}

void TarWriter::add(std::string_view name, std::string_view content) {
  TarHeader header{};
  const bool fits = is_safe_tar_name(name) && name.back() != '/' && put_name(header, name);
  CLIPKIT_CHECK(fits, path_.string(), ": ", quote(name), " cannot be the name of a tar member, expected a relative ",
                "path without \"..\" of at most 100 bytes, or 155 and 100 on both sides of a slash");
  const auto size = static_cast<int64_t>(content.size());
  CLIPKIT_CHECK(size <= kMaxSize, path_.string(), ": ", quote(name), " has ", size, " bytes, at most ", kMaxSize,
                " fit a tar member");
  put_octal(header.mode, 0644);
  put_octal(header.uid, 0);
  put_octal(header.gid, 0);
  put_octal(header.size, size);
  put_octal(header.mtime, 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", sizeof header.magic);
  std::memcpy(header.version, "00", sizeof header.version);
  put_octal(header.device_major, 0);
  put_octal(header.device_minor, 0);
  char digits[7];  // six digits, a zero byte, a space
  put_octal(digits, tar_checksum<unsigned char>(header));
  std::memcpy(header.checksum, digits, sizeof digits);
  header.checksum[7] = ' ';

  constexpr char kZeros[kTarBlock] = {};
  writer_.write(&header, sizeof header);
  writer_.write(content);
  writer_.write(kZeros, static_cast<size_t>(tar_padded(size) - size));
}

void TarWriter::commit() {
  constexpr char kEnd[2 * kTarBlock] = {};
  writer_.write(kEnd, sizeof kEnd);
  writer_.commit();
}

}  // namespace clipkit
