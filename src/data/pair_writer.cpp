#include "data/pair_writer.h"

#include "base/check.h"
#include "base/json.h"
#include "data/captions.h"
#include "image/decode.h"

namespace clipkit {

namespace {

std::string padded(int64_t number, size_t digits) {
  std::string text = concat(number);
  return text.size() < digits ? text.insert(0, digits - text.size(), '0') : text;
}

std::string metadata_of(const EncodedPair& pair) {
  Json json = Json::object();
  if (!pair.metadata.empty()) {
    try {
      json = parse_json(pair.metadata, pair.name);
    } catch (const Error&) {
      if (pair.captions.size() < 2) return pair.metadata;  // many a tool writes NaN: readers pass over it
      throw;
    }
  }
  std::vector<std::string> read_back = {pair.captions.front()};
  add_json_captions(json, {}, read_back);
  if (read_back == pair.captions) return pair.metadata;
  if (!json.is_object()) fail(ErrorCode::kCorrupt, pair.name, ": the metadata are not a JSON object");
  json["captions"] = pair.captions;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void PairWriter::add(const EncodedPair& pair) {
  CLIPKIT_CHECK(!pair.captions.empty(), pair.name, ": a pair without a caption");
  const char* extension = picture_extension(std::as_bytes(std::span(pair.picture)));
  if (extension == nullptr) fail(ErrorCode::kUnsupported, pair.name, ": not a picture of a known format");
  const std::string metadata = metadata_of(pair);
  if (!shard_) {
    std::filesystem::path path = prefix_;
    path += concat("-", padded(num_shards_, 6), ".tar");
    shard_.emplace(path);
  }
  const std::string key = padded(num_samples_, 9);
  shard_->add(concat(key, ".", extension), pair.picture);
  shard_->add(key + ".txt", pair.captions[0]);
  if (!metadata.empty()) shard_->add(key + ".json", metadata);
  ++num_samples_;
  ++samples_of_shard_;
  if (samples_of_shard_ >= limits_.samples || shard_->bytes() >= limits_.bytes) commit();
}

void PairWriter::commit() {
  if (!shard_) return;
  shard_->commit();
  shard_.reset();
  ++num_shards_;
  samples_of_shard_ = 0;
}

}  // namespace clipkit
