#include "data/tar_scanner.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/quote.h"
#include "data/tar_names.h"

namespace clipkit {

namespace {

constexpr int64_t kMaxNameBytes = int64_t{1} << 16;  // of a GNU long name
constexpr int64_t kMaxPaxBytes = int64_t{1} << 20;
constexpr int64_t kWindowBytes = 4096;

template <size_t N>
std::string_view text_of(const char (&field)[N]) {
  return {field, static_cast<size_t>(std::find(field, field + N, '\0') - field)};
}

// Octal digits between spaces or zeros; or, as GNU writes what does not fit, the first bit set and a big-endian number.
// Nothing if it is neither, or does not fit an int64_t.
std::optional<int64_t> parse_number(const char (&field)[12]) {
  uint64_t value = 0;
  if (static_cast<unsigned char>(field[0]) == 0x80) {
    for (size_t i = 1; i < sizeof field; ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(field[i]);
    }
    return static_cast<int64_t>(value);
  }
  std::string_view digits = text_of(field);
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  for (const char digit : digits) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + static_cast<uint64_t>(digit - '0');
  }
  return static_cast<int64_t>(value);
}

bool has_right_checksum(const TarHeader& header) {
  const std::string_view field(header.checksum, sizeof header.checksum);
  const size_t begin = std::min(field.find_first_not_of(' '), field.size());
  int64_t stored = -1;
  std::from_chars(field.data() + begin, field.data() + field.size(), stored, 8);
  return stored == tar_checksum<unsigned char>(header) || stored == tar_checksum<signed char>(header);
}

// What compressed the file, by its first bytes; null if it is not compressed.
const char* compression_of(std::string_view head) {
  if (head.starts_with("\x1F\x8B")) return "gzip: unpack it first (gunzip)";
  if (head.starts_with("\x28\xB5\x2F\xFD")) return "zstd: unpack it first (unzstd)";
  if (head.starts_with("\xFD\x37zXZ")) return "xz: unpack it first (unxz)";
  if (head.starts_with("BZh")) return "bzip2: unpack it first (bunzip2)";
  return nullptr;
}

// Why a member of this type is not read; null for regular files.
const char* refusal_of(char type) {
  switch (type) {
    case '0':
    case '\0':
    case '7':  // "contiguous": a file
      return nullptr;
    case '1':
    case '2':
      return "a link";
    case '3':
    case '4':
      return "a device";
    case '6':
      return "a FIFO";
    case 'S':
      return "a sparse file";
    default:
      return "of an unknown type";
  }
}

}  // namespace

TarBytes tar_bytes(std::string_view memory) {
  return {static_cast<int64_t>(memory.size()),
          [memory](int64_t offset, std::span<char> to) { std::memcpy(to.data(), memory.data() + offset, to.size()); }};
}

// What headers before a member say about it.
struct TarScanner::Extended {
  std::optional<std::string> name;
  std::optional<int64_t> size;
  bool is_sparse = false;
};

void TarScanner::damaged(std::string_view what) const {
  fail(ErrorCode::kCorrupt, place_, ": damaged tar file: ", what, " at byte ", position_);
}

void TarScanner::truncated() const {
  const std::string where =
      position_ < bytes_.size ? concat("within the member at byte ", position_) : "without an end mark";
  fail(ErrorCode::kCorrupt, place_, ": the tar file is truncated: it ends at byte ", bytes_.size, ", ", where);
}

void TarScanner::read(int64_t offset, std::span<char> to) {
  const auto wanted = static_cast<int64_t>(to.size());
  if (wanted == 0) return;
  if (wanted > kWindowBytes) return bytes_.read(offset, to);
  if (offset < window_begin_ || offset + wanted > window_begin_ + static_cast<int64_t>(window_.size())) {
    window_.resize(static_cast<size_t>(std::min(kWindowBytes, bytes_.size - offset)));
    window_begin_ = offset;
    bytes_.read(offset, window_);
  }
  std::memcpy(to.data(), window_.data() + (offset - window_begin_), to.size());
}

// Called where the first header should be and is not.
void TarScanner::refuse_compressed() {
  char head[6] = {};
  if (position_ > 0) return;
  read(0, std::span(head, static_cast<size_t>(std::min<int64_t>(bytes_.size, sizeof head))));
  if (const char* compression = compression_of({head, sizeof head})) {
    fail(ErrorCode::kUnsupported, place_, ": compressed with ", compression,
         "; only plain tar files can be read at any place");
  }
}

// False at the end mark.
bool TarScanner::read_header(TarHeader& header) {
  if (bytes_.size - position_ < kTarBlock) {
    refuse_compressed();
    truncated();
  }
  read(position_, std::span(reinterpret_cast<char*>(&header), sizeof header));
  const char* bytes = reinterpret_cast<const char*>(&header);
  if (std::all_of(bytes, bytes + sizeof header, [](char byte) { return byte == 0; })) return false;
  if (!has_right_checksum(header)) {
    refuse_compressed();
    damaged(position_ == 0 ? "no tar header" : "a header with a wrong checksum");
  }
  return true;
}

// The content of a header of headers, which follows position_.
std::string TarScanner::read_content(int64_t size, int64_t limit, const char* what) {
  if (size > limit) damaged(what);
  std::string content(static_cast<size_t>(size), '\0');
  read(position_ + kTarBlock, content);
  return content;
}

// Records "LENGTH KEY=VALUE\n", where the length counts all of the record (POSIX.1-2001).
void TarScanner::parse_pax(std::string_view records, Extended& extended) const {
  while (!records.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<size_t>(end - records.data());
    if (error != std::errc() || length > records.size() || length < digits + 2 || records[digits] != ' ' ||
        records[length - 1] != '\n') {
      damaged("a pax header that is not one");
    }
    const std::string_view record = records.substr(digits + 1, length - digits - 2);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) damaged("a pax header that is not one");
    const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") extended.name = value;
    if (key == "size") {
      int64_t size = -1;
      const auto [last, wrong] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (wrong != std::errc() || last != value.data() + value.size() || size < 0) damaged("a pax size that is none");
      extended.size = size;
    }
    extended.is_sparse = extended.is_sparse || key.starts_with("GNU.sparse.");
    records.remove_prefix(length);
  }
}

bool TarScanner::next(TarMember& member) {
  Extended extended;
  member.begin = position_;
  while (true) {
    TarHeader header;
    if (!read_header(header)) return false;
    const char type = header.type;
    const bool describes_next = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    std::optional<int64_t> size = parse_number(header.size);
    if (!describes_next && extended.size) size = extended.size;
    if (!size) damaged("a size that is no number");
    // Links and devices have no content, whatever their size says.
    if (type >= '1' && type <= '6') size = 0;
    if (*size > bytes_.size - position_ - kTarBlock) truncated();
    const int64_t following = position_ + kTarBlock + tar_padded(*size);
    if (type == 'L') {
      const std::string name = read_content(*size, kMaxNameBytes, "a long name of too many bytes");
      extended.name = name.substr(0, name.find('\0'));
    } else if (type == 'x') {
      parse_pax(read_content(*size, kMaxPaxBytes, "a pax header of too many bytes"), extended);
    }
    if (!describes_next) {
      member.name = text_of(header.name);
      const std::string_view prefix = text_of(header.prefix);
      if (!prefix.empty() && text_of(header.magic) == "ustar") member.name.insert(0, concat(prefix, "/"));
      if (extended.name) member.name = std::move(*extended.name);
      member.offset = position_ + kTarBlock;
      member.size = *size;
      const bool is_folder = type == '5' || (type == '\0' && member.name.ends_with('/'));
      const char* refusal = extended.is_sparse ? "a sparse file" : refusal_of(type);
      if (refusal == nullptr && !is_safe_tar_name(member.name)) refusal = "its name leaves the folder";
      member.refused = refusal != nullptr ? refusal : "";
      // A file that is cut within its padding has all of its last member.
      position_ = std::min(following, bytes_.size);
      if (!is_folder) return true;
      extended = {};
      member.begin = position_;
      continue;
    }
    if (following > bytes_.size) truncated();
    position_ = following;
  }
}

}  // namespace clipkit
