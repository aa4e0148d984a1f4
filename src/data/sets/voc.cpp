#include "data/sets/voc.h"

#include "base/check.h"
#include "base/quote.h"
#include "clipkit/prompts.h"
#include "data/sets/text_lists.h"

namespace clipkit {

std::vector<LabelledFile> list_voc(const std::filesystem::path& list, const std::vector<std::string>& classes,
                                   std::string_view picture) {
  std::vector<std::string> ids;
  std::vector<LabelledFile> files;
  for (const std::string& line : read_lines(list)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) continue;
    ids.emplace_back(words[0]);
    files.push_back({fill_template(picture, words[0]), {{}}});
  }
  for (size_t c = 0; c < classes.size(); ++c) {
    const std::filesystem::path path = list.parent_path() / concat(classes[c], "_", list.filename().string());
    const std::vector<std::string> lines = read_lines(path);
    if (lines.size() != ids.size()) {
      fail(ErrorCode::kCorrupt, path.string(), ": ", lines.size(), " pictures, ", list.string(), " has ", ids.size());
    }
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::vector<std::string_view> words = words_of(lines[i]);
      const std::string place = concat(path.string(), ", record ", i + 1);
      if (words.size() != 2 || words[0] != ids[i]) {
        fail(ErrorCode::kCorrupt, place, ": expected ", quote(ids[i]), " and 1, 0 or -1, found ", quote(lines[i]));
      }
      const int64_t presence = parse_integer(words[1], place);
      if (presence < -1 || presence > 1) fail(ErrorCode::kCorrupt, place, ": ", presence, ", expected 1, 0 or -1");
      if (presence == 1) files[i].labels.present.push_back(static_cast<int32_t>(c));
      if (presence == 0) files[i].labels.ignored.push_back(static_cast<int32_t>(c));
    }
  }
  return files;
}

}  // namespace clipkit
