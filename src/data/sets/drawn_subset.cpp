#include "data/sets/drawn_subset.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "data/permutation.h"

namespace clipkit {

namespace {

class DrawnSubset : public LabelledReader {
 public:
  DrawnSubset(std::unique_ptr<LabelledReader> reader, std::vector<int64_t> kept)
      : reader_(std::move(reader)), kept_(std::move(kept)) {
    problems_ = reader_->problems();
  }

  int64_t size() const noexcept override { return static_cast<int64_t>(kept_.size()); }
  LabelledPicture read(int64_t index) const override { return reader_->read(at(index)); }
  PictureLabels labels(int64_t index) const override { return reader_->labels(at(index)); }

 private:
  int64_t at(int64_t index) const {
    CLIPKIT_CHECK(0 <= index && index < size(), "picture ", index, " of ", size());
    return kept_[static_cast<size_t>(index)];
  }

  const std::unique_ptr<LabelledReader> reader_;
  const std::vector<int64_t> kept_;
};

}  // namespace

std::unique_ptr<LabelledReader> draw_subset(std::unique_ptr<LabelledReader> reader, const Draw& draw,
                                            const std::string& name) {
  constexpr uint64_t kKey = 2021;  // any; everybody must use the same
  std::map<int32_t, std::vector<int64_t>> groups;
  for (int64_t i = 0; i < reader->size(); ++i) {
    groups[draw.of_each_class ? reader->labels(i).present.at(0) : 0].push_back(i);
  }
  std::vector<int64_t> kept;
  for (const auto& [group, pictures] : groups) {
    const auto n = static_cast<int64_t>(pictures.size());
    const int64_t end = draw.count < 0 ? n : draw.skip + draw.count;
    if (n < end || n <= draw.skip) {
      fail(ErrorCode::kCorrupt, name, ": ", n, " pictures", draw.of_each_class ? concat(" of class ", group) : "",
           ", too few to draw this split from");
    }
    for (int64_t i = 0; i < n; ++i) {
      const auto place = static_cast<int64_t>(permute(kKey, static_cast<uint64_t>(n), static_cast<uint64_t>(i)));
      if (draw.skip <= place && place < end) kept.push_back(pictures[static_cast<size_t>(i)]);
    }
  }
  std::sort(kept.begin(), kept.end());
  return std::make_unique<DrawnSubset>(std::move(reader), std::move(kept));
}

}  // namespace clipkit
