#include "data/karpathy_pairs.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/json.h"
#include "base/quote.h"
#include "data/folder_files.h"
#include "data/input_file.h"
#include "data/picture_names.h"
#include "data/sets/text_lists.h"
#include "data/tar_names.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

// A member that is a string, or null.
const std::string* text_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get_ptr<const std::string*>() : nullptr;
}

std::string file_of(const Json& picture, std::string_view place) {
  const std::string* name = text_of(picture, "filename");
  if (name == nullptr || name->empty()) fail(ErrorCode::kCorrupt, place, ": an image has no \"filename\"");
  const std::string* folder = text_of(picture, "filepath");
  const std::string file = folder != nullptr ? (fs::path(*folder) / *name).string() : *name;
  if (!is_safe_tar_name(file)) {
    fail(ErrorCode::kCorrupt, place, ": the picture ", quote(file), " is outside of the folder");
  }
  return file;
}

std::vector<std::string> captions_of(const Json& picture) {
  std::vector<std::string> captions;
  const auto sentences = picture.find("sentences");
  if (sentences == picture.end() || !sentences->is_array()) return captions;
  for (const Json& sentence : *sentences) {
    const std::string* raw = sentence.is_object() ? text_of(sentence, "raw") : nullptr;
    if (raw != nullptr && raw->find_first_not_of(" \t\r\n") != std::string::npos) captions.push_back(*raw);
  }
  return captions;
}

fs::path list_in(const fs::path& folder) {
  std::vector<std::string> found = files_in(folder, "json");
  const auto is_other = [](const fs::path& path) { return !path.filename().string().starts_with("dataset"); };
  found.erase(std::remove_if(found.begin(), found.end(), is_other), found.end());
  if (found.empty()) {
    fail(ErrorCode::kNotFound, folder.string(),
         ": there is no dataset_NAME.json (the list of Karpathy's splits) in it");
  }
  CLIPKIT_CHECK(found.size() == 1, folder.string(), ": several lists, ", found[0], " and ", found[1],
                ": name one of them");
  return found[0];
}

// Where the pictures are: the list's folder or one in it.
fs::path pictures_of(const fs::path& folder, const std::string& first) {
  std::error_code error;
  if (fs::is_regular_file(folder / first, error)) return folder;
  for (const std::string& name : folders_in(folder)) {
    if (fs::is_regular_file(folder / name / first, error)) return folder / name;
  }
  fail(ErrorCode::kNotFound, folder.string(), ": the picture ", quote(first),
       " is neither in it nor in a folder of it");
}

class KarpathyPairs : public PairSource {
 public:
  KarpathyPairs(const fs::path& list, std::string_view split) {
    for (KarpathyPicture& picture : parse_karpathy(read_whole_file(list, kMaxListBytes), list.string(), split)) {
      if (picture.captions.empty()) {
        problems_.add("pictures without a caption", quote(picture.file));
      } else {
        pictures_.push_back(std::move(picture));
      }
    }
    if (pictures_.empty()) fail(ErrorCode::kCorrupt, list.string(), ": no picture of the split has a caption");
    folder_ = pictures_of(list.has_parent_path() ? list.parent_path() : fs::path("."), pictures_.front().file);
  }

  int64_t size() const noexcept override { return static_cast<int64_t>(pictures_.size()); }
  EncodedPair read(int64_t index) const override {
    const KarpathyPicture& picture = at(index);
    return {picture.file, read_whole_file(folder_ / picture.file, kMaxPictureBytes), picture.captions};
  }
  std::string name(int64_t index) const override { return at(index).file; }

 private:
  const KarpathyPicture& at(int64_t index) const {
    CLIPKIT_CHECK(0 <= index && index < size(), "sample ", index, " of ", size());
    return pictures_[static_cast<size_t>(index)];
  }

  std::vector<KarpathyPicture> pictures_;
  fs::path folder_;
};

}  // namespace

std::vector<KarpathyPicture> parse_karpathy(std::string_view json, std::string_view place, std::string_view split) {
  const Json root = parse_json(json, place);
  const auto images = root.is_object() ? root.find("images") : root.end();
  if (images == root.end() || !images->is_array()) {
    fail(ErrorCode::kCorrupt, place, ": not a list of Karpathy's splits: there is no array \"images\"");
  }
  std::vector<KarpathyPicture> pictures;
  std::map<std::string, int64_t> splits;
  for (const Json& image : *images) {
    const std::string* of = image.is_object() ? text_of(image, "split") : nullptr;
    if (of == nullptr) fail(ErrorCode::kCorrupt, place, ": an image has no \"split\"");
    ++splits[*of];
    if (*of == split) pictures.push_back({file_of(image, place), captions_of(image)});
  }
  if (pictures.empty()) {
    std::string there;
    for (const auto& [name, count] : splits) there += concat(there.empty() ? "" : ", ", quote(name), " (", count, ")");
    fail(ErrorCode::kNotFound, place, ": there is no split ", quote(split), ", but ", there.empty() ? "none" : there);
  }
  return pictures;
}

std::unique_ptr<PairSource> open_karpathy_pairs(const fs::path& path, std::string_view split) {
  std::error_code error;
  return std::make_unique<KarpathyPairs>(fs::is_directory(path, error) ? list_in(path) : path, split);
}

}  // namespace clipkit
