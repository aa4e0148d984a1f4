#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "held_back.h"
#include "write_dataset.h"

namespace clipkit::emoji {

// What the program was asked for.
struct Arguments {
  DatasetOptions dataset{};
  int64_t side_px = 96, seed = 1, threads = 0;  // threads 0: one per processor
  HeldBackReach reach = HeldBackReach::kEveryGender;
  std::filesystem::path font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::filesystem::path emoji_list = "/usr/share/unicode/emoji/emoji-test.txt";
  std::filesystem::path cldr = "/usr/share/unicode/cldr/common";
  std::filesystem::path tree = CLIPKIT_EMOJI_DIR;
  std::filesystem::path folder{};
};

// Errors: kInvalidArgument for an unknown option, a value that does not fit, and no folder or two.
Arguments parse_arguments(const std::vector<std::string_view>& words);

std::string usage();

}  // namespace clipkit::emoji
