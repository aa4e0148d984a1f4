#include "emoji_list.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/quote.h"

namespace clipkit::emoji {

namespace {

constexpr size_t kMaxListBytes = size_t{16} << 20;
constexpr char32_t kJoiner = 0x200D, kMan = 0x1F468, kWoman = 0x1F469, kPerson = 0x1F9D1;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

// The text behind `prefix`, or nothing.
std::string_view behind(std::string_view line, std::string_view prefix) {
  return line.substr(0, prefix.size()) == prefix ? trimmed(line.substr(prefix.size())) : std::string_view{};
}

// "😀 E1.0 grinning face" -> "grinning face"
std::string_view name_in_comment(std::string_view comment) {
  for (int word = 0; word < 2; ++word) {
    const size_t space = comment.find(' ');
    if (space == std::string_view::npos) return {};
    comment = trimmed(comment.substr(space));
  }
  return comment;
}

}  // namespace

std::vector<Emoji> parse_emoji_list(std::string_view text, std::string_view place) {
  std::vector<Emoji> emoji;
  std::string group, subgroup;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto name = behind(line, "# group:"); !name.empty()) group = name;
    if (const auto name = behind(line, "# subgroup:"); !name.empty()) subgroup = name;
    if (line.empty() || line.front() == '#') continue;

    const size_t semicolon = line.find(';'), hash = line.find('#');
    const bool has_fields = semicolon != std::string_view::npos && hash != std::string_view::npos && semicolon < hash;
    const std::string_view name = has_fields ? name_in_comment(trimmed(line.substr(hash + 1))) : std::string_view{};
    if (name.empty()) {
      fail(ErrorCode::kCorrupt, place, ": line ", number, " is ", quote(line),
           ", expected \"code points ; status # emoji version name\"");
    }
    if (trimmed(line.substr(semicolon + 1, hash - semicolon - 1)) != "fully-qualified") continue;
    emoji.push_back({from_hex(trimmed(line.substr(0, semicolon)), ' ', place), std::string(name), group, subgroup});
  }
  return emoji;
}

std::vector<Emoji> read_emoji_list(const std::filesystem::path& path) {
  return parse_emoji_list(read_file(path, kMaxListBytes), path.string());
}

bool is_presentation_selector(char32_t c) noexcept {
  return c == 0xFE0F || c == 0xFE0E;
}

bool is_skin_tone(char32_t c) noexcept {
  return c >= 0x1F3FB && c <= 0x1F3FF;
}

std::u32string without_selectors(std::u32string_view code_points) {
  std::u32string out(code_points);
  std::erase_if(out, is_presentation_selector);
  return out;
}

std::u32string toneless(std::u32string_view code_points) {
  std::u32string out = without_selectors(code_points);
  std::erase_if(out, is_skin_tone);
  return out;
}

std::u32string genderless(std::u32string_view code_points) {
  std::u32string out = toneless(code_points);
  for (const char32_t sign : {char32_t{0x2640}, char32_t{0x2642}, char32_t{0x27A1}}) {
    const std::u32string suffix = {kJoiner, sign};
    for (size_t at = out.find(suffix); at != std::u32string::npos; at = out.find(suffix)) out.erase(at, 2);
  }
  // A single person with something else: families, couples and kisses go on with another person or a heart.
  const bool single = out.size() == 3 && out[1] == kJoiner && (out[0] == kMan || out[0] == kWoman);
  const bool with_child = single && (out[2] == 0x1F466 || out[2] == 0x1F467);
  if (single && !with_child) out[0] = kPerson;
  return out;
}

std::string to_hex(std::u32string_view code_points) {
  std::string out;
  for (const char32_t c : code_points) {
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<uint32_t>(c), 16).ptr;
    if (!out.empty()) out += '_';
    out.append(digits, end);
  }
  return out;
}

std::u32string from_hex(std::string_view hex, char separator, std::string_view place) {
  std::u32string out;
  for (std::string_view rest = hex; !rest.empty();) {
    const size_t end = std::min(rest.find(separator), rest.size());
    uint32_t value = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + end, value, 16);
    if (error != std::errc{} || stop != rest.data() + end || value > 0x10FFFF) {
      fail(ErrorCode::kCorrupt, place, ": ", quote(hex), " is no list of hexadecimal code points");
    }
    out += static_cast<char32_t>(value);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace clipkit::emoji
