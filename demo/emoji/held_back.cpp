#include "held_back.h"

#include <algorithm>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/quote.h"

namespace clipkit::emoji {

namespace {

constexpr size_t kMaxHeldBackBytes = size_t{1} << 20;

// "woman and man holding hands: light skin tone" -> "woman and man holding hands". Two people of different tones are
// another sequence of code points than two people, but the same emoji.
std::string_view name_without_tone(std::string_view name) {
  if (name.find("skin tone") == std::string_view::npos) return name;
  return name.substr(0, name.find(':'));
}

}  // namespace

HeldBack::HeldBack(std::vector<HeldBackEmoji> emoji, HeldBackReach reach) : emoji_(std::move(emoji)), reach_(reach) {
  for (const HeldBackEmoji& e : emoji_) {
    keys_.insert(key(e.code_points));
    names_.insert(e.name);
  }
}

HeldBack HeldBack::read(const std::filesystem::path& path, HeldBackReach reach) {
  const std::string text = read_file(path, kMaxHeldBackBytes);
  std::vector<HeldBackEmoji> emoji;
  std::string_view rest = text;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab + 1 == line.size()) {
      fail(ErrorCode::kCorrupt, path.string(), ": line ", number, " is ", quote(line),
           ", expected code points, a tab and a name");
    }
    emoji.push_back({from_hex(line.substr(0, tab), '_', path.string()), std::string(line.substr(tab + 1))});
  }
  return HeldBack(std::move(emoji), reach);
}

std::u32string HeldBack::key(std::u32string_view code_points) const {
  return reach_ == HeldBackReach::kEveryGender ? genderless(code_points) : toneless(code_points);
}

bool HeldBack::excludes(const Emoji& emoji) const {
  return keys_.contains(key(emoji.code_points)) || names_.contains(name_without_tone(emoji.name));
}

}  // namespace clipkit::emoji
