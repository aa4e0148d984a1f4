#include "data/sets/labelled_tar.h"

#include "base/check.h"
#include "base/quote.h"
#include "data/input_file.h"
#include "data/on_threads.h"
#include "data/part_index.h"
#include "data/picture_names.h"
#include "data/sets/labelled_files.h"
#include "data/sets/text_lists.h"
#include "data/tar_pairs.h"
#include "data/tar_scanner.h"

namespace clipkit {

namespace {

// A sample of a shard.
struct Sample {
  std::string key{};
  int64_t offset = 0, size = -1;  // of the picture; size -1: there is none
  int32_t label = 0;
  bool has_label = false;
};

struct Shard {
  std::vector<Sample> samples;
  PairProblems problems;
};

int32_t read_label(const InputFile& file, const TarMember& member, const std::string& place) {
  constexpr int64_t kMaxLabelBytes = 32;
  if (member.size > kMaxLabelBytes) fail(ErrorCode::kCorrupt, place, ": a label of ", member.size, " bytes");
  std::string text(static_cast<size_t>(member.size), '\0');
  file.read_at(member.offset, text);
  std::string_view digits = text;
  while (digits.ends_with('\n') || digits.ends_with('\r') || digits.ends_with(' ')) digits.remove_suffix(1);
  const int64_t label = parse_integer(digits, place);
  if (label < 0 || label > INT32_MAX) fail(ErrorCode::kCorrupt, place, ": label ", label);
  return static_cast<int32_t>(label);
}

void finish(Sample& sample, const std::string& path, Shard& shard) {
  if (!sample.key.empty()) {
    if (sample.has_label && sample.size >= 0) {
      shard.samples.push_back(std::move(sample));
    } else if (sample.size >= 0) {
      shard.problems.add("pictures without a label", concat(path, "/", sample.key));
    } else if (sample.has_label) {
      shard.problems.add("labels without a picture", concat(path, "/", sample.key));
    }
  }
  sample = {};
}

Shard scan(const std::string& path) {
  const auto file = InputFile::open(path);
  TarScanner scanner({file->size(), [file](int64_t offset, std::span<char> to) { file->read_at(offset, to); }}, path);
  Shard shard;
  Sample sample;
  TarMember member;
  while (scanner.next(member)) {
    const auto [key, kind] = split_tar_name(member.name);
    if (!member.refused.empty()) {
      shard.problems.add("members refused", concat(quote(member.name), " in ", path, ": ", member.refused));
      continue;
    }
    if (key.empty()) continue;
    const bool is_picture = is_picture_extension(kind), is_label = kind == "cls";
    if (key != sample.key || (is_picture && sample.size >= 0) || (is_label && sample.has_label)) {
      finish(sample, path, shard);
      sample.key = key;
    }
    if (is_picture) {
      if (member.size > kMaxPictureBytes)
        fail(ErrorCode::kUnsupported, path, ": ", quote(member.name), " has ", member.size, " bytes, the limit is ",
             kMaxPictureBytes);
      sample.offset = member.offset;
      sample.size = member.size;
    } else if (is_label) {
      sample.label = read_label(*file, member, concat(path, "/", member.name));
      sample.has_label = true;
    }
  }
  finish(sample, path, shard);
  return shard;
}

class LabelledTar : public LabelledReader {
 public:
  explicit LabelledTar(std::vector<std::string> paths) : files_(std::move(paths)), shards_(files_.size()) {
    constexpr int kThreads = 8;  // they wait for the disk
    std::vector<PairProblems> problems(files_.size());
    on_threads(static_cast<int64_t>(files_.size()), kThreads, [&](int64_t index) {
      const auto i = static_cast<size_t>(index);
      Shard shard = scan(files_.path(i));
      shards_[i] = std::move(shard.samples);
      problems[i] = std::move(shard.problems);
    });
    for (size_t i = 0; i < shards_.size(); ++i) {
      index_.add(static_cast<int64_t>(shards_[i].size()));
      problems_.merge(problems[i]);
    }
  }

  int64_t size() const noexcept override { return index_.size(); }
  LabelledPicture read(int64_t index) const override {
    const auto [shard, sample] = find(index);
    LabelledPicture picture{.name = concat(files_.path(shard), "/", sample->key), .labels = {{sample->label}}};
    picture.file.resize(static_cast<size_t>(sample->size));
    files_.open(shard)->read_at(sample->offset, picture.file);
    return picture;
  }
  PictureLabels labels(int64_t index) const override { return {{find(index).second->label}}; }

 private:
  std::pair<size_t, const Sample*> find(int64_t index) const {
    const auto [shard, i] = index_.find(index);
    return {shard, &shards_[shard][i]};
  }

  const InputFiles files_;
  std::vector<std::vector<Sample>> shards_;
  PartIndex index_;
};

}  // namespace

std::unique_ptr<LabelledReader> read_labelled_tar(std::vector<std::string> shards) {
  return std::make_unique<LabelledTar>(std::move(shards));
}

}  // namespace clipkit
