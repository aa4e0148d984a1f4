#include "options.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/quote.h"

namespace clipkit::emoji {

namespace {

constexpr int64_t kMany = int64_t{1} << 32;

int64_t to_number(std::string_view option, std::string_view text, int64_t low, int64_t high) {
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  CLIPKIT_CHECK(error == std::errc{} && stop == text.data() + text.size() && value >= low && value <= high, option, " ",
                quote(text), ", expected a number from ", low, " to ", high);
  return value;
}

HeldBackReach to_reach(std::string_view option, std::string_view text) {
  CLIPKIT_CHECK(text == "emoji" || text == "genders", option, " ", quote(text), ", expected emoji or genders");
  return text == "emoji" ? HeldBackReach::kSameEmoji : HeldBackReach::kEveryGender;
}

struct Option {
  std::string_view name, value, help, by_default;
  void (*apply)(Arguments&, std::string_view name, std::string_view value);
};

constexpr Option kOptions[] = {
    {"--pictures", "N", "training pictures", "120000",
     [](Arguments& out, auto name, auto value) { out.dataset.num_train = to_number(name, value, 1, kMany); }},
    {"--validation", "N", "further pictures of the same kind", "2000",
     [](Arguments& out, auto name, auto value) { out.dataset.num_validation = to_number(name, value, 0, kMany); }},
    {"--side", "PX", "width and height of the pictures", "96",
     [](Arguments& out, auto name, auto value) { out.side_px = to_number(name, value, 16, 1024); }},
    {"--vocabulary", "N", "tokens of the vocabulary", "4096",
     [](Arguments& out, auto name, auto value) {
       out.dataset.vocab_size = static_cast<int>(to_number(name, value, 514, 65536));
     }},
    {"--seed", "N", "other pictures and captions", "1",
     [](Arguments& out, auto name, auto value) { out.seed = to_number(name, value, 0, kMany); }},
    {"--threads", "N", "threads that draw; the files do not depend on it", "one per processor",
     [](Arguments& out, auto name, auto value) { out.threads = to_number(name, value, 1, 1024); }},
    {"--hold-back", "REACH", "what leaves with a held-back emoji and its skin tones: emoji (nothing), genders",
     "genders", [](Arguments& out, auto name, auto value) { out.reach = to_reach(name, value); }},
    {"--font", "FILE", "Noto Color Emoji", "Debian's", [](Arguments& out, auto, auto value) { out.font = value; }},
    {"--emoji-list", "FILE", "Unicode's emoji-test.txt", "Debian's",
     [](Arguments& out, auto, auto value) { out.emoji_list = value; }},
    {"--cldr", "FOLDER", "CLDR's folder \"common\"", "Debian's",
     [](Arguments& out, auto, auto value) { out.cldr = value; }},
    {"--tree", "FOLDER", "where held_back.txt and drawings.txt are", "where this was built from",
     [](Arguments& out, auto, auto value) { out.tree = value; }},
};

}  // namespace

Arguments parse_arguments(const std::vector<std::string_view>& words) {
  Arguments out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].substr(0, 2) != "--") {
      CLIPKIT_CHECK(out.folder.empty(), "a second folder, ", quote(words[i]));
      out.folder = words[i];
      continue;
    }
    const auto found =
        std::find_if(std::begin(kOptions), std::end(kOptions), [&](auto& o) { return o.name == words[i]; });
    CLIPKIT_CHECK(found != std::end(kOptions), "there is no option ", quote(words[i]));
    CLIPKIT_CHECK(i + 1 < words.size(), found->name, " needs a value, ", found->value);
    found->apply(out, found->name, words[++i]);
  }
  CLIPKIT_CHECK(!out.folder.empty(), "no folder to write into");
  return out;
}

std::string usage() {
  std::string text =
      "usage: emoji_data [options] FOLDER\n"
      "Write shards of captioned pictures, shards of held-back emoji, class names and a vocabulary into FOLDER.\n";
  for (const Option& option : kOptions) {
    std::string line = concat("  ", option.name, " ", option.value);
    line.resize(std::max<size_t>(line.size() + 1, 24), ' ');
    text += concat(line, option.help, " [default: ", option.by_default, "]\n");
  }
  return text + "example: emoji_data --pictures 1000 build/emoji\n";
}

}  // namespace clipkit::emoji
