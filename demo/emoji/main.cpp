// Makes what the model that comes with clipkit is trained on: pictures with captions, held-back pictures, vocabulary.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/quote.h"
#include "write_dataset.h"

namespace clipkit::emoji {

namespace {

constexpr const char* kUsage =
    "usage: emoji_data [options] FOLDER\n"
    "Write shards of captioned pictures, shards of held-back emoji, class names and a vocabulary into FOLDER.\n"
    "  --pictures N        training pictures                                   [default: 120000]\n"
    "  --validation N      further pictures of the same kind                   [default: 2000]\n"
    "  --side N            width and height of the pictures in px              [default: 96]\n"
    "  --vocabulary N      tokens of the vocabulary                            [default: 4096]\n"
    "  --seed N            other pictures and captions                         [default: 1]\n"
    "  --threads N         threads that draw; the files do not depend on it    [default: one per processor]\n"
    "  --hold-back REACH   what leaves the training set with a held-back emoji besides its skin tones:\n"
    "                      \"emoji\" nothing, \"genders\" the same emoji of any gender [default: genders]\n"
    "  --font FILE         Noto Color Emoji     [default: /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf]\n"
    "  --emoji-list FILE   Unicode's list       [default: /usr/share/unicode/emoji/emoji-test.txt]\n"
    "  --cldr FOLDER       CLDR's common folder [default: /usr/share/unicode/cldr/common]\n"
    "  --tree FOLDER       where held_back.txt and drawings.txt are [default: where this program was built from]\n"
    "example: emoji_data --pictures 1000 build/emoji\n";

struct Arguments {
  DatasetOptions dataset{};
  int64_t side_px = 96, seed = 1, threads = 0;
  HeldBackReach reach = HeldBackReach::kEveryGender;
  std::filesystem::path font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::filesystem::path emoji_list = "/usr/share/unicode/emoji/emoji-test.txt";
  std::filesystem::path cldr = "/usr/share/unicode/cldr/common";
  std::filesystem::path tree = CLIPKIT_EMOJI_DIR;
  std::filesystem::path folder{};
};

int64_t to_number(std::string_view option, std::string_view text, int64_t low, int64_t high) {
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  CLIPKIT_CHECK(error == std::errc{} && stop == text.data() + text.size() && value >= low && value <= high, option, " ",
                quote(text), ", expected a number from ", low, " to ", high);
  return value;
}

HeldBackReach to_reach(std::string_view text) {
  CLIPKIT_CHECK(text == "emoji" || text == "genders", "--hold-back ", quote(text), ", expected emoji or genders");
  return text == "emoji" ? HeldBackReach::kSameEmoji : HeldBackReach::kEveryGender;
}

Arguments parse(const std::vector<std::string_view>& words) {
  constexpr int64_t kMany = int64_t{1} << 32;
  Arguments out;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view option = words[i];
    if (option.substr(0, 2) != "--") {
      CLIPKIT_CHECK(out.folder.empty(), "a second folder, ", quote(option));
      out.folder = option;
      continue;
    }
    CLIPKIT_CHECK(i + 1 < words.size(), option, " needs a value");
    const std::string_view value = words[++i];
    if (option == "--pictures") {
      out.dataset.num_train = to_number(option, value, 1, kMany);
    } else if (option == "--validation") {
      out.dataset.num_validation = to_number(option, value, 0, kMany);
    } else if (option == "--side") {
      out.side_px = to_number(option, value, 16, 1024);
    } else if (option == "--vocabulary") {
      out.dataset.vocab_size = static_cast<int>(to_number(option, value, 514, 65536));
    } else if (option == "--seed") {
      out.seed = to_number(option, value, 0, kMany);
    } else if (option == "--threads") {
      out.threads = to_number(option, value, 1, 1024);
    } else if (option == "--hold-back") {
      out.reach = to_reach(value);
    } else if (option == "--font") {
      out.font = value;
    } else if (option == "--emoji-list") {
      out.emoji_list = value;
    } else if (option == "--cldr") {
      out.cldr = value;
    } else if (option == "--tree") {
      out.tree = value;
    } else {
      fail(ErrorCode::kInvalidArgument, "there is no option ", quote(option));
    }
  }
  CLIPKIT_CHECK(!out.folder.empty(), "no folder to write into");
  return out;
}

void run(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  if (arguments.threads > 0) set_num_compute_threads(static_cast<int>(arguments.threads));

  std::vector<std::filesystem::path> annotation_files;
  for (const char* language : {"en", "en_001", "en_GB", "en_AU", "en_CA"}) {
    for (const char* kind : {"annotations", "annotationsDerived"}) {
      annotation_files.push_back(arguments.cldr / kind / concat(language, ".xml"));
    }
  }
  const std::vector<Drawing> drawings = read_drawings(arguments.tree / "drawings.txt");
  const Things things(read_emoji_list(arguments.emoji_list), read_annotations(annotation_files),
                      HeldBack::read(arguments.tree / "held_back.txt", arguments.reach), EmojiFont(arguments.font),
                      drawings);
  const SampleMaker maker(things, static_cast<uint64_t>(arguments.seed), static_cast<int>(arguments.side_px));
  std::fprintf(stderr, "%zu emoji to train on, %zu held back, %zu drawings, read in %.1f s\n", things.emoji().size(),
               things.held_back().size(), things.drawings().size(), seconds());
  const DatasetSummary summary = write_dataset(things, maker, arguments.dataset, arguments.folder);
  const OrderedJson json = {{"pictures", arguments.dataset.num_train},
                            {"shards", summary.num_shards},
                            {"side_px", arguments.side_px},
                            {"emoji", things.emoji().size()},
                            {"held_back", things.held_back().size()},
                            {"drawings", things.drawings().size()},
                            {"classes", things.all_names().size()},
                            {"captions", summary.num_captions},
                            {"vocab_size", summary.vocab_size},
                            {"longest_tokens", summary.longest_tokens},
                            {"longest", summary.longest},
                            {"seconds", seconds()}};
  std::printf("%s\n", json.dump().c_str());
}

}  // namespace

}  // namespace clipkit::emoji

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    std::fputs(clipkit::emoji::kUsage, words.empty() ? stderr : stdout);
    return words.empty() ? 2 : 0;
  }
  try {
    clipkit::emoji::run(clipkit::emoji::parse(words));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "emoji_data: %s\n", error.what());
    return 1;
  }
}
