// Makes what the model that comes with clipkit is trained on: pictures with captions, held-back pictures, vocabulary.
#include <chrono>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "base/parallel.h"
#include "options.h"

namespace clipkit::emoji {

namespace {

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
    std::fputs(clipkit::emoji::usage().c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? 2 : 0;
  }
  try {
    clipkit::emoji::run(clipkit::emoji::parse_arguments(words));
    return 0;
  } catch (const clipkit::Error& error) {
    std::fprintf(stderr, "emoji_data: %s\n", error.what());
    return error.code() == clipkit::ErrorCode::kInvalidArgument ? 2 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "emoji_data: %s\n", error.what());
    return 1;
  }
}
