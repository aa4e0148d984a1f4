#include "curate/shard_output.h"

#include <cstdio>

#include "base/check.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kManifest = "manifest.jsonl";
constexpr const char* kPrefix = "shard";
constexpr size_t kMaxManifestBytes = size_t{256} << 20;  // a million shards

std::string shard_name(int64_t number) {
  char name[40];
  std::snprintf(name, sizeof name, "%s-%06lld.tar", kPrefix, static_cast<long long>(number));
  return name;
}

int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) fail(ErrorCode::kCorrupt, file.string(), ": the manifest tells of it, but: ", error.message());
  return static_cast<int64_t>(size);
}

// A run that ended before its manifest had a line may have left empty files.
void check_is_empty(const fs::path& folder, const fs::path& dropped, bool resume) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    CLIPKIT_CHECK(resume && (name == kManifest || entry.path() == dropped), folder.string(),
                  resume ? ": holds no shards that could be gone on with, but other files"
                         : ": is not empty; resume what was begun there, or name another folder");
  }
}

}  // namespace

ShardOutput::ShardOutput(const fs::path& folder, const OrderedJson& settings, const ShardLimits& limits, bool resume)
    : folder_(folder) {
  CLIPKIT_CHECK(limits.samples > 0 && limits.bytes > 0, "a shard of ", limits.samples, " samples and ", limits.bytes,
                " bytes, expected 1 or more");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make the folder: ", error.message());
  // A first line that a crash cut short stands for nothing.
  const std::string text =
      resume && fs::exists(folder / kManifest) ? read_file(folder / kManifest, kMaxManifestBytes) : "";
  if (text.find('\n') != std::string::npos) {
    go_on(text, settings);
  } else {
    check_is_empty(folder, dropped_path(), resume);
    begin(settings);
  }
  writer_.emplace(folder / kPrefix, limits, ShardsWritten{num_shards_, num_samples_});
}

void ShardOutput::begin(const OrderedJson& settings) {
  dropped_.emplace(folder_ / kDropped, 0);
  manifest_.emplace(folder_ / kManifest, 0);
  manifest_->append(manifest_head(settings));
  manifest_->sync();
}

void ShardOutput::go_on(const std::string& text, const OrderedJson& settings) {
  const std::string place = (folder_ / kManifest).string();
  Manifest manifest = parse_manifest(text, place);
  CLIPKIT_CHECK(manifest.settings == settings, folder_.string(), ": was begun with other settings, ",
                manifest.settings.dump(), ", now they are ", settings.dump());
  for (const ShardEntry& shard : manifest.shards) {
    if (shard.name != shard_name(num_shards_) || shard.next < last_.next || shard.dropped < last_.dropped ||
        shard.dropped_bytes < last_.dropped_bytes) {
      fail(ErrorCode::kCorrupt, place, ": \"", shard.name, "\" is not what follows");
    }
    if (const int64_t found = size_of(folder_ / shard.name); found != shard.bytes) {
      fail(ErrorCode::kCorrupt, (folder_ / shard.name).string(), ": has ", found, " bytes, the manifest says ",
           shard.bytes);
    }
    num_samples_ += shard.samples;
    num_bytes_ += shard.bytes;
    ++num_shards_;
    last_ = shard;
  }
  complete_ = manifest.complete;
  if (complete_) last_.dropped = manifest.dropped;
  const int64_t there = size_of(folder_ / kDropped);
  if (there < last_.dropped_bytes) {
    fail(ErrorCode::kCorrupt, (folder_ / kDropped).string(), ": has ", there, " bytes, the manifest says ",
         last_.dropped_bytes);
  }
  if (complete_) return;
  dropped_.emplace(folder_ / kDropped, static_cast<size_t>(last_.dropped_bytes));
  manifest_.emplace(folder_ / kManifest, manifest.bytes);
}

void ShardOutput::add(int64_t index, const EncodedPair& pair) {
  writer_->add(pair);
  if (writer_->num_shards() > num_shards_) note_shard(index + 1);
}

// The shard is on the disk. What the manifest says of it must be true after a power failure too.
void ShardOutput::note_shard(int64_t next) {
  dropped_->sync();
  last_.name = shard_name(num_shards_);
  last_.samples = writer_->num_samples() - num_samples_;
  last_.bytes = size_of(folder_ / last_.name);
  last_.next = next;
  manifest_->append(manifest_line(last_));
  manifest_->sync();
  num_samples_ = writer_->num_samples();
  num_shards_ = writer_->num_shards();
  num_bytes_ += last_.bytes;
}

void ShardOutput::drop(const OrderedJson& line, bool is_pair) {
  const std::string text = line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
  dropped_->append(text);
  last_.dropped_bytes += static_cast<int64_t>(text.size());
  last_.dropped += is_pair;
}

void ShardOutput::finish(int64_t end) {
  writer_->commit();
  if (writer_->num_shards() > num_shards_) note_shard(end);
  dropped_->sync();
  manifest_->append(manifest_end(last_.dropped));
  manifest_->sync();
  complete_ = true;
}

}  // namespace clipkit
