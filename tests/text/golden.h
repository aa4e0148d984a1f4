#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"

namespace clipkit {

// The recorded lines of openai/CLIP's tokenizer: all of them where ../shared is there, else the copied core.
// tests/golden/text/README.md says where they came from.
inline const std::vector<Json>& golden_lines() {
  static const std::vector<Json> lines = [] {
    std::filesystem::path file = CLIPKIT_SHARED_DIR "/golden/tokenizer/tokenizer.jsonl";
    if (!std::filesystem::exists(file)) file = CLIPKIT_TEST_DIR "/golden/text/tokenizer.jsonl";
    std::ifstream stream(file);
    std::vector<Json> parsed;
    for (std::string line; std::getline(stream, line);) parsed.push_back(parse_json(line, file.string()));
    return parsed;
  }();
  return lines;
}

// "line 17 (emoji)", to say which line a test failed on.
inline std::string describe(const Json& line) {
  return "line " + line["id"].dump() + " (" + line["cat"].get<std::string>() + ")";
}

}  // namespace clipkit
