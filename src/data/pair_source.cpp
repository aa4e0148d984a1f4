#include "data/pair_source.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/quote.h"
#include "data/brace_expansion.h"
#include "data/folder_files.h"
#include "data/folder_pairs.h"
#include "data/list_pairs.h"
#include "data/part_index.h"
#include "data/picture_names.h"
#include "data/tar_pairs.h"

namespace clipkit {

namespace {

// Several sources, one after the other.
class JoinedPairs : public PairSource {
 public:
  JoinedPairs(std::vector<std::unique_ptr<PairSource>> sources, std::vector<double> weights)
      : sources_(std::move(sources)), weights_(std::move(weights)) {
    for (const auto& source : sources_) {
      index_.add(source->size());
      problems_.merge(source->problems());
    }
  }

  int64_t size() const noexcept override { return index_.size(); }
  EncodedPair read(int64_t index) const override {
    const auto [source, i] = index_.find(index);
    return sources_[source]->read(static_cast<int64_t>(i));
  }
  std::string name(int64_t index) const override {
    const auto [source, i] = index_.find(index);
    return sources_[source]->name(static_cast<int64_t>(i));
  }
  std::vector<PairShard> shards() const override {
    std::vector<PairShard> all;
    for (size_t i = 0; i < sources_.size(); ++i) {
      for (PairShard shard : sources_[i]->shards()) {
        shard.weight *= weights_[i];
        all.push_back(shard);
      }
    }
    return all;
  }

 private:
  const std::vector<std::unique_ptr<PairSource>> sources_;
  const std::vector<double> weights_;
  PartIndex index_;
};

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

std::unique_ptr<PairSource> open_one(const std::string& spec, const PairOptions& options) {
  std::error_code ignored;
  const std::vector<std::string> paths =
      std::filesystem::exists(spec, ignored) ? std::vector{spec} : expand_braces(spec);
  if (paths.size() == 1 && is_folder(spec)) {
    const std::vector<std::string> shards = files_in(spec, "tar");
    return shards.empty() ? open_folder_pairs(spec) : open_tar_pairs(shards, options);
  }
  const std::string extension = extension_of(paths[0]), lower = lower_ascii(paths[0]);
  for (const char* compressed : {".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"}) {
    if (lower.ends_with(compressed)) {
      fail(ErrorCode::kUnsupported, paths[0], ": a compressed tar file cannot be read at any place, unpack it to ",
           ".tar first", lower.ends_with("gz") ? " (gunzip)" : "");
    }
  }
  if (extension == "tar") return open_tar_pairs(paths, options);
  CLIPKIT_CHECK(paths.size() == 1, quote(spec), ": braces are for .tar files; join other sources with ::");
  if (extension == "csv" || extension == "tsv") return open_csv_pairs(spec, options);
  if (extension == "jsonl" || extension == "ndjson") return open_json_lines_pairs(spec, options);
  if (!std::filesystem::exists(spec, ignored)) fail(ErrorCode::kNotFound, spec, ": no such file or folder");
  fail(ErrorCode::kUnsupported, spec, ": not a source of image-text pairs, expected .tar, .csv, .tsv, .jsonl, .ndjson ",
       "or a folder");
}

std::unique_ptr<PairSource> open_usable(const std::string& spec, const PairOptions& options) {
  auto source = open_one(spec, options);
  if (source->size() == 0) {
    const std::string problems = source->problems().summary();
    fail(ErrorCode::kNotFound, spec, ": no usable image-text pair in it", problems.empty() ? "" : ": ", problems);
  }
  return source;
}

}  // namespace

std::vector<PairShard> PairSource::shards() const {
  constexpr int64_t kSize = 128;
  std::vector<PairShard> all;
  for (int64_t begin = 0; begin < size(); begin += kSize) all.push_back({std::min(kSize, size() - begin)});
  return all;
}

std::unique_ptr<PairSource> open_pairs(std::string_view spec, const PairOptions& options) {
  std::vector<std::unique_ptr<PairSource>> sources;
  for (size_t begin = 0; begin <= spec.size();) {
    const size_t end = std::min(spec.find("::", begin), spec.size());
    CLIPKIT_CHECK(end > begin, "an empty name in the sources ", quote(spec));
    sources.push_back(open_usable(std::string(spec.substr(begin, end - begin)), options));
    begin = end + 2;
  }
  std::vector<double> weights = options.weights;
  if (weights.empty()) weights.assign(sources.size(), 1);
  CLIPKIT_CHECK(weights.size() == sources.size(), weights.size(), " weights for ", sources.size(), " sources in ",
                quote(spec));
  for (const double weight : weights) {
    CLIPKIT_CHECK(weight > 0 && weight <= 1000, "a source with the weight ", weight,
                  ", expected more than 0, at most 1000");
  }
  return std::make_unique<JoinedPairs>(std::move(sources), std::move(weights));
}

}  // namespace clipkit
