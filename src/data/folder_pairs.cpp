#include "data/folder_pairs.h"

#include <algorithm>

#include "base/check.h"
#include "base/quote.h"
#include "data/captions.h"
#include "data/folder_files.h"
#include "data/input_file.h"
#include "data/picture_names.h"

namespace clipkit {

namespace {

constexpr int64_t kMaxTextBytes = int64_t{1} << 24;

std::string_view without_extension(std::string_view path) {
  return path.substr(0, path.find_last_of('.'));
}

class FolderPairs : public PairSource {
 public:
  explicit FolderPairs(const std::filesystem::path& folder) : folder_(folder) {
    std::vector<std::string> files = find_files();
    // By stem and not by name: '-' sorts before '.', and a-1.jpg would come between a.jpg and a.txt.
    std::sort(files.begin(), files.end(), [](const std::string& a, const std::string& b) {
      const std::string_view x = without_extension(a), y = without_extension(b);
      return x != y ? x < y : a < b;
    });
    for (size_t i = 0; i < files.size();) {
      const std::string_view stem = without_extension(files[i]);
      std::vector<size_t> pictures;
      bool has_text = false;
      size_t end = i;
      for (; end < files.size() && without_extension(files[end]) == stem; ++end) {
        if (extension_of(files[end]) == "txt") {
          has_text = true;
        } else {
          pictures.push_back(end);
        }
      }
      if (pictures.empty()) problems_.add("captions without a picture", quote(files[i]));
      for (const size_t picture : pictures) {
        if (has_text) {
          paths_ += files[picture];
          ends_.push_back(static_cast<int64_t>(paths_.size()));
        } else {
          problems_.add("pictures without a caption", quote(files[picture]));
        }
      }
      i = end;
    }
  }

  int64_t size() const noexcept override { return static_cast<int64_t>(ends_.size()); }

  EncodedPair read(int64_t index) const override {
    EncodedPair pair;
    pair.name = name(index);
    const std::string text_path = concat(without_extension(pair.name), ".txt");
    const std::string text = read_whole_file(folder_ / text_path, kMaxTextBytes);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      add_caption(std::string_view(text).substr(begin, end - begin), pair.captions);
      begin = end + 1;
    }
    if (pair.captions.empty()) fail(ErrorCode::kCorrupt, (folder_ / text_path).string(), ": there is no caption in it");
    pair.picture = read_whole_file(folder_ / pair.name, kMaxPictureBytes);
    return pair;
  }

  std::string name(int64_t index) const override {
    CLIPKIT_CHECK(0 <= index && index < size(), "sample ", index, " of ", size());
    const auto i = static_cast<size_t>(index);
    const auto begin = static_cast<size_t>(i == 0 ? 0 : ends_[i - 1]);
    return paths_.substr(begin, static_cast<size_t>(ends_[i]) - begin);
  }

 private:
  // Paths of pictures and texts, relative to the folder.
  std::vector<std::string> find_files() const {
    std::vector<std::string> files;
    try {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
        const std::string extension = extension_of(entry.path().native());
        if ((extension == "txt" || is_picture_extension(extension)) && entry.is_regular_file()) {
          files.push_back(entry.path().lexically_relative(folder_).native());
        }
      }
    } catch (const std::filesystem::filesystem_error& error) {
      fail_to_list(folder_, error.code());
    }
    return files;
  }

  const std::filesystem::path folder_;
  std::string paths_;          // one after the other
  std::vector<int64_t> ends_;  // of each path
};

}  // namespace

std::unique_ptr<PairSource> open_folder_pairs(const std::filesystem::path& folder) {
  return std::make_unique<FolderPairs>(folder);
}

}  // namespace clipkit
