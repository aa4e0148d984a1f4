#include "data/sets/labelled_files.h"

#include "base/check.h"
#include "base/quote.h"
#include "data/input_file.h"
#include "data/picture_names.h"
#include "data/sets/film.h"
#include "data/tar_names.h"

namespace clipkit {

namespace {

class LabelledFiles : public LabelledReader {
 public:
  LabelledFiles(std::filesystem::path folder, std::vector<LabelledFile> files)
      : folder_(std::move(folder)), files_(std::move(files)) {
    for (const LabelledFile& file : files_) {
      if (is_safe_tar_name(file.path)) continue;
      fail(ErrorCode::kCorrupt, folder_.string(), ": a list names the picture ", quote(file.path),
           ", which is not inside the folder");
    }
  }

  int64_t size() const noexcept override { return static_cast<int64_t>(files_.size()); }
  LabelledPicture read(int64_t index) const override {
    const LabelledFile& file = at(index);
    if (is_film_extension(extension_of(file.path))) {
      return {.name = file.path, .image = middle_frame(folder_ / file.path), .labels = file.labels};
    }
    return {.name = file.path, .file = read_whole_file(folder_ / file.path, kMaxPictureBytes), .labels = file.labels};
  }
  PictureLabels labels(int64_t index) const override { return at(index).labels; }

 private:
  const LabelledFile& at(int64_t index) const {
    CLIPKIT_CHECK(0 <= index && index < size(), "picture ", index, " of ", size());
    return files_[static_cast<size_t>(index)];
  }

  const std::filesystem::path folder_;
  const std::vector<LabelledFile> files_;
};

}  // namespace

std::unique_ptr<LabelledReader> read_labelled_files(std::filesystem::path folder, std::vector<LabelledFile> files) {
  return std::make_unique<LabelledFiles>(std::move(folder), std::move(files));
}

}  // namespace clipkit
