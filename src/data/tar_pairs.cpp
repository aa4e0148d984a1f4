#include "data/tar_pairs.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "base/json.h"
#include "base/quote.h"
#include "data/captions.h"
#include "data/input_file.h"
#include "data/on_threads.h"
#include "data/part_index.h"
#include "data/picture_names.h"
#include "data/tar_scanner.h"

namespace clipkit {

namespace {

constexpr int64_t kMaxSampleBytes = int64_t{1} << 30;  // with all its members, since they are read at once

// Where a sample lies in its shard, headers included: in blocks of 512 bytes.
struct Place {
  uint32_t begin, blocks;
};
constexpr int64_t kMaxShardBytes = (int64_t{1} << 32) * kTarBlock;  // 2 TiB

bool is_pickle(std::string_view kind) {
  constexpr std::string_view kExtensions[] = {"pkl", "pickle", "pyd", "pth", "pt"};
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension_of(concat(".", kind))) !=
         std::end(kExtensions);
}

struct TarShard {
  std::vector<Place> samples;
  PairProblems problems;
};

// Gathers members into samples. WebDataset's rule: a sample ends where the key changes, or where a kind comes twice.
class Grouper {
 public:
  Grouper(std::string place, TarShard& shard) : place_(std::move(place)), shard_(shard) {}

  void add(const TarMember& member, int64_t end) {
    auto [key, kind] = split_tar_name(member.name);
    if (!member.refused.empty() || is_pickle(kind)) {
      shard_.problems.add("members refused", concat(quote(member.name), " in ", place_, ": ",
                                                    member.refused.empty() ? "a pickle" : member.refused));
      return;
    }
    if (key.empty()) return;
    if (key != key_ || std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end()) {
      finish();
      key_ = key;
      begin_ = member.begin;
    }
    has_picture_ = has_picture_ || is_picture_extension(kind);
    has_caption_ = has_caption_ || kind == "txt" || kind == "json";
    kinds_.push_back(std::move(kind));
    end_ = end;
  }

  // Ends the sample at hand.
  void finish() {
    if (kinds_.empty()) return;
    const std::string name = concat(place_, "/", key_);
    if (!keys_.insert(std::hash<std::string>()(key_)).second) {
      shard_.problems.add("samples with the key of another in their shard", name);
    }
    if (has_picture_ && has_caption_ && end_ - begin_ <= kMaxSampleBytes) {
      shard_.samples.push_back(
          {static_cast<uint32_t>(begin_ / kTarBlock), static_cast<uint32_t>(tar_padded(end_ - begin_) / kTarBlock)});
    } else if (has_picture_ && has_caption_) {
      shard_.problems.add("samples of too many bytes", name);
    } else if (has_picture_) {
      shard_.problems.add("pictures without a caption", name);
    } else if (has_caption_) {
      shard_.problems.add("captions without a picture", name);
    }
    kinds_.clear();
    has_picture_ = has_caption_ = false;
  }

 private:
  const std::string place_;
  TarShard& shard_;
  std::string key_;
  std::vector<std::string> kinds_;
  bool has_picture_ = false, has_caption_ = false;
  int64_t begin_ = 0, end_ = 0;
  std::unordered_set<size_t> keys_;  // hashes: one in 2^64 / samples^2 chances that two differ and are reported
};

TarBytes bytes_of(const std::shared_ptr<const InputFile>& file, int64_t begin, int64_t size) {
  return {size, [file, begin](int64_t offset, std::span<char> to) { file->read_at(begin + offset, to); }};
}

TarShard scan(const std::shared_ptr<const InputFile>& file, const std::string& path) {
  TarShard shard;
  if (file->size() > kMaxShardBytes) {
    fail(ErrorCode::kUnsupported, path, ": ", file->size(), " bytes long, a shard may have ", kMaxShardBytes);
  }
  Grouper grouper(path, shard);
  TarScanner scanner(bytes_of(file, 0, file->size()), path);
  try {
    TarMember member;
    while (scanner.next(member)) grouper.add(member, scanner.position());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) throw;
    shard.problems.add("damaged shards", error.what());
  }
  grouper.finish();
  shard.samples.shrink_to_fit();
  return shard;
}

class TarPairs : public PairSource {
 public:
  TarPairs(std::vector<std::string> paths, const PairOptions& options)
      : files_(std::move(paths)), shards_(files_.size()), caption_key_(options.caption_key) {
    std::vector<PairProblems> problems(files_.size());
    on_threads(static_cast<int64_t>(files_.size()), options.threads, [&](int64_t index) {
      const auto i = static_cast<size_t>(index);
      TarShard shard = scan(InputFile::open(files_.path(i)), files_.path(i));
      shards_[i] = std::move(shard.samples);
      problems[i] = std::move(shard.problems);
    });
    for (size_t i = 0; i < shards_.size(); ++i) {
      index_.add(static_cast<int64_t>(shards_[i].size()));
      problems_.merge(problems[i]);
    }
  }

  int64_t size() const noexcept override { return index_.size(); }

  EncodedPair read(int64_t index) const override {
    const auto [shard, place] = find(index);
    std::string bytes(size_t{place.blocks} * kTarBlock, '\0');
    const auto file = files_.open(shard);
    const int64_t begin = int64_t{place.begin} * kTarBlock;
    const int64_t there = std::min(static_cast<int64_t>(bytes.size()), file->size() - begin);  // without last padding
    file->read_at(begin, std::span(bytes).first(static_cast<size_t>(std::max<int64_t>(there, 0))));

    EncodedPair pair;
    std::string_view text, json;
    TarScanner scanner(tar_bytes(bytes), files_.path(shard));
    TarMember member;
    while (scanner.position() < static_cast<int64_t>(bytes.size()) && scanner.next(member)) {
      if (!member.refused.empty()) continue;
      const auto [key, kind] = split_tar_name(member.name);
      const std::string_view content(bytes.data() + member.offset, static_cast<size_t>(member.size));
      if (pair.name.empty() && !key.empty()) pair.name = concat(files_.path(shard), "/", key);
      if (kind == "txt") text = content;
      if (kind == "json") json = content;
      if (is_picture_extension(kind) && pair.picture.empty()) pair.picture = content;
    }
    add_caption(text, pair.captions);
    pair.metadata = json;
    if (!json.empty()) {
      try {
        add_json_captions(parse_json(json, pair.name + ".json"), caption_key_, pair.captions);
      } catch (const Error&) {
        if (pair.captions.empty()) throw;  // many a tool writes NaN: the pair is good without its metadata
      }
    }
    if (pair.captions.empty()) fail(ErrorCode::kCorrupt, pair.name, ": there is no caption in its .txt or .json");
    return pair;
  }

  std::string name(int64_t index) const override {
    const auto [shard, place] = find(index);
    const auto file = files_.open(shard);
    const int64_t begin = int64_t{place.begin} * kTarBlock;
    TarScanner scanner(bytes_of(file, begin, file->size() - begin), files_.path(shard));
    TarMember member;
    while (scanner.next(member)) {
      const auto [key, kind] = split_tar_name(member.name);
      if (member.refused.empty() && !key.empty()) return concat(files_.path(shard), "/", key);
    }
    fail(ErrorCode::kCorrupt, files_.path(shard), ": changed since it was opened");
  }

  std::vector<PairShard> shards() const override {
    std::vector<PairShard> all;
    for (const auto& samples : shards_) all.push_back({static_cast<int64_t>(samples.size())});
    return all;
  }

 private:
  std::pair<size_t, Place> find(int64_t index) const {
    const auto [shard, i] = index_.find(index);
    return {shard, shards_[shard][i]};
  }

  const InputFiles files_;
  std::vector<std::vector<Place>> shards_;
  PartIndex index_;
  const std::string caption_key_;
};

}  // namespace

TarKey split_tar_name(std::string_view name) {
  const size_t last = name.find_last_of('/') + 1;  // npos + 1 is 0
  const size_t dot = name.find('.', last);
  if (dot == std::string_view::npos || dot == last) return {};
  return {name.substr(0, dot), lower_ascii(name.substr(dot + 1))};
}

std::unique_ptr<PairSource> open_tar_pairs(std::vector<std::string> shards, const PairOptions& options) {
  return std::make_unique<TarPairs>(std::move(shards), options);
}

}  // namespace clipkit
