#include "curate/manifest.h"

#include "base/check.h"
#include "base/concat.h"

namespace clipkit {

namespace {

constexpr const char* kKind = "clipkit shards 1";

struct Member {
  const char* name;
  int64_t ShardEntry::*value;
};
constexpr Member kMembers[] = {{"samples", &ShardEntry::samples},
                               {"bytes", &ShardEntry::bytes},
                               {"next", &ShardEntry::next},
                               {"dropped", &ShardEntry::dropped},
                               {"dropped_bytes", &ShardEntry::dropped_bytes}};

std::string line_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

int64_t whole_number(const Json& line, const char* name, const std::string& place) {
  const auto value = line.find(name);
  if (value == line.end() || !value->is_number_unsigned() || value->get<uint64_t>() > uint64_t{1} << 62) {
    fail(ErrorCode::kCorrupt, place, ": expected a whole number \"", name, "\"");
  }
  return value->get<int64_t>();
}

ShardEntry parse_entry(const Json& line, const std::string& place) {
  ShardEntry entry;
  const auto name = line.find("shard");
  if (name == line.end() || !name->is_string()) fail(ErrorCode::kCorrupt, place, ": expected a \"shard\"");
  entry.name = name->get<std::string>();
  if (entry.name.empty() || entry.name.find('/') != std::string::npos || entry.name.find('\0') != std::string::npos) {
    fail(ErrorCode::kCorrupt, place, ": \"shard\" is no name of a file");
  }
  for (const Member& member : kMembers) entry.*member.value = whole_number(line, member.name, place);
  return entry;
}

}  // namespace

Manifest parse_manifest(std::string_view text, std::string_view place) {
  Manifest manifest;
  size_t number = 0;
  for (size_t end = 0; (end = text.find('\n', manifest.bytes)) != std::string_view::npos; manifest.bytes = end + 1) {
    const std::string where = concat(place, ": line ", ++number);
    const std::string_view line = text.substr(manifest.bytes, end - manifest.bytes);
    const Json json = parse_json(line, where);
    if (!json.is_object() || manifest.complete) fail(ErrorCode::kCorrupt, where, ": a line that should not be there");
    if (number == 1) {
      if (json.value("kind", Json()) != kKind || !json.contains("settings")) {
        fail(ErrorCode::kCorrupt, where, ": expected the kind \"", kKind, "\" and settings");
      }
      manifest.settings = OrderedJson::parse(line)["settings"];
    } else if (json.contains("complete")) {
      manifest.complete = true;
      manifest.dropped = whole_number(json, "dropped", where);
    } else {
      manifest.shards.push_back(parse_entry(json, where));
    }
  }
  if (number == 0) fail(ErrorCode::kCorrupt, place, ": expected a first line with settings");
  return manifest;
}

std::string manifest_head(const OrderedJson& settings) {
  return line_of({{"kind", kKind}, {"settings", settings}});
}

std::string manifest_line(const ShardEntry& entry) {
  OrderedJson json = {{"shard", entry.name}};
  for (const Member& member : kMembers) json[member.name] = entry.*member.value;
  return line_of(json);
}

std::string manifest_end(int64_t dropped) {
  return line_of({{"complete", true}, {"dropped", dropped}});
}

}  // namespace clipkit
