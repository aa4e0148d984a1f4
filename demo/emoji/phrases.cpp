#include "phrases.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace clipkit::emoji {

namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_vowel(char c) {
  return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos;
}

bool is_plural_noun(std::string_view word) {
  static constexpr std::string_view kPlurals[] = {"people", "men",  "women", "children",
                                                  "teeth",  "feet", "geese", "mice"};
  if (std::find(std::begin(kPlurals), std::end(kPlurals), word) != std::end(kPlurals) || word == "skis") return true;
  return word.size() > 3 && ends_with(word, "s") && !ends_with(word, "ss") && !ends_with(word, "us") &&
         !ends_with(word, "is") && !ends_with(word, "’s") && word != "bus";
}

// Where what is counted ends: "glass" in "glass of milk".
size_t head_length(std::string_view noun) {
  size_t length = noun.size();
  static constexpr std::string_view kAfterHead[] = {" of ",      " with ",  " in ",     " on ",        " without ",
                                                    " pointing", " facing", " holding", " increasing", " showing"};
  for (const std::string_view word : kAfterHead) length = std::min(length, noun.find(word));
  // "woman golfing", "face savoring food": what someone does.
  const size_t first = noun.find(' ');
  static constexpr std::string_view kDoers[] = {"man", "woman", "person", "face", "people", "men"};
  if (std::find(std::begin(kDoers), std::end(kDoers), noun.substr(0, first)) != std::end(kDoers)) {
    if (ends_with(noun.substr(0, noun.find(' ', first + 1)), "ing")) length = std::min(length, first);
  }
  return length;
}

std::string_view last_word(std::string_view text) {
  return text.substr(text.rfind(' ') + 1);  // npos + 1 is 0
}

std::string plural_word(std::string_view word) {
  static const std::map<std::string_view, std::string_view> kIrregular = {
      {"man", "men"},   {"woman", "women"},     {"person", "people"},   {"child", "children"}, {"tooth", "teeth"},
      {"foot", "feet"}, {"goose", "geese"},     {"mouse", "mice"},      {"fish", "fish"},      {"sheep", "sheep"},
      {"deer", "deer"}, {"leaf", "leaves"},     {"knife", "knives"},    {"wolf", "wolves"},    {"fireman", "firemen"},
      {"dice", "dice"}, {"potato", "potatoes"}, {"tomato", "tomatoes"}, {"mango", "mangoes"}};
  if (const auto found = kIrregular.find(word); found != kIrregular.end()) return std::string(found->second);
  for (const std::string_view end : {"s", "x", "z", "ch", "sh"}) {
    if (ends_with(word, end)) return std::string(word) + "es";
  }
  if (word.size() > 1 && word.back() == 'y' && !is_vowel(word[word.size() - 2])) {
    return std::string(word.substr(0, word.size() - 1)) + "ies";
  }
  return std::string(word) + "s";
}

// The part of a name behind "kind: ", as one says it behind "kind".
std::string spoken_detail(std::string_view kind, std::string_view detail) {
  if (kind == "flag") return "flag of " + std::string(detail);
  if (kind == "keycap") return "keycap " + std::string(detail);
  if (kind != "family" && kind != "kiss" && kind != "couple with heart") {
    return std::string(kind) + " with " + std::string(detail);
  }
  std::vector<std::string> members;
  for (std::string_view rest = detail; !rest.empty();) {
    const size_t end = std::min(rest.find(", "), rest.size());
    members.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return std::string(kind) + " of " + listed(members);
}

}  // namespace

std::string with_article(std::string_view noun) {
  const std::string_view head = last_word(noun.substr(0, head_length(noun))), first = noun.substr(0, noun.find(' '));
  static constexpr std::string_view kMass[] = {
      "hair",      "water", "rice",       "bread",    "bacon",   "meat",    "honey",    "milk",    "money",
      "ice",       "sushi", "soap",       "salt",     "love",    "sky",     "food",     "weather", "music",
      "science",   "art",   "technology", "clothing", "clothes", "seafood", "medicine", "mail",    "post",
      "tableware", "paper", "fire",       "snow",     "rain",    "glasses", "time"};
  const bool is_mass = std::find(std::begin(kMass), std::end(kMass), head) != std::end(kMass);
  const bool is_proper =
      first.size() == noun.size() && !noun.empty() && std::isupper(static_cast<unsigned char>(noun[0]));
  if (noun.empty() || is_mass || is_proper || is_plural_noun(head) || is_plural_noun(first) || first == "two" ||
      first == "something") {
    return std::string(noun);
  }
  const bool sounds_like_you = noun.substr(0, 3) == "uni" || noun.substr(0, 3) == "UFO" || noun.substr(0, 3) == "one";
  return (is_vowel(noun[0]) && !sounds_like_you ? "an " : "a ") + std::string(noun);
}

std::string plural(std::string_view noun) {
  const std::string_view head = noun.substr(0, head_length(noun));
  const std::string_view word = last_word(head);
  if (word.empty() || is_plural_noun(word) || noun.find(" and ") != std::string_view::npos) return {};
  return std::string(head.substr(0, head.size() - word.size())) + plural_word(word) +
         std::string(noun.substr(head.size()));
}

std::string counted(int count, std::string_view noun, Random& random) {
  static constexpr std::string_view kNumbers[] = {"one", "two",   "three", "four", "five",
                                                  "six", "seven", "eight", "nine"};
  const bool in_words = random.below(4) != 0;
  if (count == 1) return in_words ? "one " + std::string(noun) : with_article(noun);
  const std::string many = plural(noun);
  if (many.empty()) return {};
  return (in_words ? std::string(kNumbers[count - 1]) : std::to_string(count)) + " " + many;
}

std::string listed(std::span<const std::string> phrases) {
  std::string out;
  for (size_t i = 0; i < phrases.size(); ++i) {
    if (i > 0) out += i + 1 == phrases.size() ? " and " : ", ";
    out += phrases[i];
  }
  return out;
}

std::string spoken(std::string_view name) {
  const size_t colon = name.find(": ");
  if (ends_with(name, "-thirty") || ends_with(name, "o’clock")) return "clock showing " + std::string(name);
  if (colon == std::string_view::npos) return std::string(name);
  return spoken_detail(name.substr(0, colon), name.substr(colon + 2));
}

std::string captioned(std::string_view phrase, Random& random) {
  static constexpr std::string_view kSentences[] = {
      "a picture of {}",        "a photo of {}",     "an emoji of {}",
      "a drawing of {}",        "an icon of {}",     "an image of {}",
      "a cartoon of {}",        "this is {}",        "clip art of {}",
      "a symbol of {}",         "there is {}",       "a sticker of {}",
      "a simple picture of {}", "{} in the picture", "a small image of {}",
      "an illustration of {}",  "it shows {}"};
  const std::string_view sentence = kSentences[random.below(std::size(kSentences))];
  const size_t hole = sentence.find("{}");
  return std::string(sentence.substr(0, hole)) + std::string(phrase) + std::string(sentence.substr(hole + 2));
}

}  // namespace clipkit::emoji
