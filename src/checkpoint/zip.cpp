#include "checkpoint/zip.h"

#include <algorithm>

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/byte_reader.h"

namespace clipkit {

namespace {

constexpr std::string_view kLocalHeader = "PK\x03\x04", kCentralHeader = "PK\x01\x02", kEnd = "PK\x05\x06",
                           kEnd64Locator = "PK\x06\x07", kEnd64 = "PK\x06\x06";
constexpr size_t kEndBytes = 22, kEnd64LocatorBytes = 20, kLocalHeaderBytes = 30, kCentralHeaderBytes = 46;
constexpr uint16_t kIn64Bits16 = 0xFFFF;  // "see the ZIP64 record"
constexpr uint32_t kIn64Bits32 = 0xFFFFFFFF;

struct Directory {
  uint64_t begin, bytes, num_entries;
};

// The end record is the last thing in the file but for a comment of at most 65535 bytes, whose length it gives.
size_t find_end_record(std::string_view file, std::string_view place) {
  for (size_t tail = kEndBytes; tail <= file.size() && tail <= kEndBytes + 0xFFFF; ++tail) {
    const size_t at = file.size() - tail;
    if (file.compare(at, 4, kEnd) != 0) continue;
    ByteReader reader(file.substr(at + 20), place, at + 20);
    if (reader.read<uint16_t>("the comment's length") == tail - kEndBytes) return at;
  }
  fail(ErrorCode::kCorrupt, place, ": a zip archive without its end record; the file may be truncated");
}

// A field of the classic record, or what the ZIP64 record says when the classic one has no room for it.
template <class Small>
uint64_t widened(Small small, Small marker, uint64_t wide, std::string_view place) {
  if (small != marker && small != wide) {
    fail(ErrorCode::kCorrupt, place, ": the two end records of the zip archive disagree: ", small, " and ", wide);
  }
  return wide;
}

Directory find_directory(const ByteSource& source) {
  const std::string_view file = source.text(), place = source.place;
  const size_t end = find_end_record(file, place);
  ByteReader classic(file.substr(end), place, end);
  classic.take(4, "the end record");
  const auto disk = classic.read<uint16_t>("the disk's number"),
             directory_disk = classic.read<uint16_t>("the disk's number");
  const auto entries_here = classic.read<uint16_t>("the number of entries"),
             entries = classic.read<uint16_t>("the number of entries");
  const auto bytes = classic.read<uint32_t>("the directory's size"),
             begin = classic.read<uint32_t>("the directory's place");
  const bool wide = end >= kEnd64LocatorBytes && file.compare(end - kEnd64LocatorBytes, 4, kEnd64Locator) == 0;
  if (!wide) {
    if (disk != 0 || directory_disk != 0 || entries != entries_here) {
      fail(ErrorCode::kUnsupported, place, ": a zip archive on several disks");
    }
    if (begin > end || bytes > end - begin) {
      fail(ErrorCode::kCorrupt, place, ": the zip directory at ", begin, " of ", bytes, " bytes does not end before ",
           end);
    }
    return {begin, bytes, entries};
  }

  ByteReader locator(file.substr(end - kEnd64LocatorBytes), place, end - kEnd64LocatorBytes);
  locator.take(8, "the ZIP64 locator");
  const auto at = locator.read<uint64_t>("the place of the ZIP64 end record");
  if (at > end - kEnd64LocatorBytes || file.compare(at, 4, kEnd64) != 0) {
    fail(ErrorCode::kCorrupt, place, ": no ZIP64 end record at byte ", at, ", where its locator puts it");
  }
  ByteReader record(file.substr(at, end - kEnd64LocatorBytes - at), place, at);
  record.take(16, "the ZIP64 end record");
  const auto disk64 = record.read<uint32_t>("the disk's number"),
             directory_disk64 = record.read<uint32_t>("the disk's number");
  const auto entries_here64 = record.read<uint64_t>("the number of entries"),
             entries64 = record.read<uint64_t>("the number of entries");
  const auto bytes64 = record.read<uint64_t>("the directory's size"),
             begin64 = record.read<uint64_t>("the directory's place");
  if (disk64 != 0 || directory_disk64 != 0 || entries64 != entries_here64) {
    fail(ErrorCode::kUnsupported, place, ": a zip archive on several disks");
  }
  if (begin64 > at || bytes64 > at - begin64) {
    fail(ErrorCode::kCorrupt, place, ": the zip directory at ", begin64, " of ", bytes64, " bytes does not end before ",
         at);
  }
  return {widened(begin, kIn64Bits32, begin64, place), widened(bytes, kIn64Bits32, bytes64, place),
          widened(entries, kIn64Bits16, entries64, place)};
}

// Sizes and place of one entry, from its directory record and the ZIP64 field among the extra ones.
struct Extent {
  uint64_t size, compressed_size, header;
};

void widen_from_extra(Extent& extent, std::string_view extra, std::string_view name, std::string_view place) {
  constexpr uint16_t kZip64Field = 1;
  uint64_t* const wanted[] = {&extent.size, &extent.compressed_size, &extent.header};
  if (std::none_of(std::begin(wanted), std::end(wanted), [](const uint64_t* value) { return *value == kIn64Bits32; }))
    return;
  ByteReader reader(extra, place);
  while (reader.remaining() >= 4) {
    const auto id = reader.read<uint16_t>("an extra field"), length = reader.read<uint16_t>("an extra field");
    const std::string_view content = reader.take(length, "an extra field");
    if (id != kZip64Field) continue;
    ByteReader field(content, place);
    for (uint64_t* value : wanted) {
      if (*value == kIn64Bits32) *value = field.read<uint64_t>("a ZIP64 size");
    }
    return;
  }
  fail(ErrorCode::kCorrupt, place, ": zip entry ", quote(name), " has no ZIP64 field, which its sizes refer to");
}

}  // namespace

ZipArchive::ZipArchive(const ByteSource& source) : source_(source) {
  const Directory directory = find_directory(source);
  read_directory(directory.begin, directory.bytes, directory.num_entries);
  check_layout(directory.begin);
}

void ZipArchive::read_directory(uint64_t begin, uint64_t bytes, uint64_t num_entries) {
  const std::string_view place = source_.place;
  if (num_entries > kMaxEntries) {
    fail(ErrorCode::kUnsupported, place, ": a zip archive of ", num_entries, " entries, the limit is ", kMaxEntries);
  }
  ByteReader reader(source_.text().substr(begin, bytes), place, begin);
  for (uint64_t i = 0; i < num_entries; ++i) {
    const uint64_t at = begin + reader.position();
    ByteReader record(reader.take(kCentralHeaderBytes, "an entry of the zip directory"), place, at);
    if (record.take(4, "its signature") != kCentralHeader) {
      fail(ErrorCode::kCorrupt, place, ": entry ", i, " of the zip directory has no signature");
    }
    record.take(4, "versions");
    Entry entry;
    entry.flags = record.read<uint16_t>("flags");
    entry.method = record.read<uint16_t>("method");
    record.take(8, "time and checksum");
    const uint64_t compressed_size = record.read<uint32_t>("size"), size = record.read<uint32_t>("size");
    const auto name_bytes = record.read<uint16_t>("length"), extra_bytes = record.read<uint16_t>("length"),
               comment_bytes = record.read<uint16_t>("length");
    record.take(8, "disk and attributes");
    Extent extent{size, compressed_size, record.read<uint32_t>("place")};

    const std::string_view name = reader.take(name_bytes, "a name in the zip directory");
    widen_from_extra(extent, reader.take(extra_bytes, "an extra field"), name, place);
    reader.take(comment_bytes, "a comment in the zip directory");
    entry.header = extent.header;
    entry.size = extent.compressed_size;  // as it lies in the file
    if (entry.method == 0 && extent.size != extent.compressed_size) {
      fail(ErrorCode::kCorrupt, place, ": zip entry ", quote(name), " is stored as it is, but ", extent.compressed_size,
           " bytes are to become ", extent.size);
    }
    if (!entries_.emplace(name, entry).second)
      fail(ErrorCode::kCorrupt, place, ": zip entry ", quote(name), " occurs twice");
  }
}

// Entries that share bytes are how a small archive pretends to be a large one.
void ZipArchive::check_layout(uint64_t directory) {
  std::vector<std::pair<const std::string_view, Entry>*> order;
  for (auto& entry : entries_) order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return a->second.header < b->second.header; });
  for (size_t i = 0; i < order.size(); ++i) {
    auto& [name, entry] = *order[i];
    entry.limit = i + 1 < order.size() ? order[i + 1]->second.header : directory;
    const uint64_t least = kLocalHeaderBytes + name.size();
    if (entry.limit < entry.header || entry.limit - entry.header < least ||
        entry.limit - entry.header - least < entry.size) {
      fail(ErrorCode::kCorrupt, source_.place, ": zip entry ", quote(name), " at byte ", entry.header, " of ",
           entry.size, " bytes reaches into what follows at byte ", entry.limit);
    }
  }
}

std::vector<std::string_view> ZipArchive::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

std::string_view ZipArchive::bytes_of(std::string_view name) const {
  constexpr uint16_t kEncrypted = 1 | 1 << 6 | 1 << 13;
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail(ErrorCode::kNotFound, source_.place, ": no zip entry ", quote(name));
  const Entry& entry = found->second;
  if ((entry.flags & kEncrypted) != 0)
    fail(ErrorCode::kUnsupported, source_.place, ": zip entry ", quote(name), " is encrypted");
  if (entry.method != 0) {
    fail(ErrorCode::kUnsupported, source_.place, ": zip entry ", quote(name), " is compressed (method ", entry.method,
         "), expected stored bytes as PyTorch writes them");
  }
  // The local header repeats the name; its own lengths say where the bytes begin.
  ByteReader reader(source_.text().substr(entry.header, entry.limit - entry.header), source_.place, entry.header);
  const bool signature = reader.take(4, "a local header") == kLocalHeader;
  reader.take(kLocalHeaderBytes - 8, "a local header");
  const auto name_bytes = reader.read<uint16_t>("length"), extra_bytes = reader.read<uint16_t>("length");
  if (!signature || reader.take(name_bytes, "a name") != name) {
    fail(ErrorCode::kCorrupt, source_.place, ": the local header of zip entry ", quote(name), " at byte ", entry.header,
         " is not its own");
  }
  reader.take(extra_bytes, "an extra field");
  return reader.take(entry.size, "a zip entry");
}

}  // namespace clipkit
