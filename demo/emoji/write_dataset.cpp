#include "write_dataset.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <unordered_map>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/parallel.h"
#include "clipkit/tokenizer.h"
#include "data/tar_writer.h"
#include "encode_jpeg.h"

namespace clipkit::emoji {

namespace {

constexpr int64_t kBatch = 512;  // made at once, by all threads
// A pair that occurs once is a piece of a single rare word.
constexpr int64_t kMinPairCount = 2;

using CaptionCounts = std::unordered_map<std::string, int64_t>;

std::string padded(int64_t number, size_t digits) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

struct Packed {
  std::string jpeg;
  std::vector<std::string> captions;
  std::string json;
};

OrderedJson describe(const Sample& sample) {
  OrderedJson json = {{"captions", sample.captions}, {"kind", sample.kind}};
  if (!sample.code_points.empty()) json["codepoints"] = to_hex(without_selectors(sample.code_points));
  return json;
}

Packed pack(const Sample& sample, const OrderedJson& json, int quality) {
  return {encode_jpeg(sample.picture.to_image(), quality), sample.captions, json.dump()};
}

void add_sample(TarWriter& shard, int64_t key, const Packed& packed) {
  const std::string name = padded(key, 8);
  shard.add(name + ".jpg", packed.jpeg);
  shard.add(name + ".txt", packed.captions.front());
  shard.add(name + ".json", packed.json);
}

// make(i) for i in [first, first + packed.size()) on all threads.
template <class Make>
void make_all(int64_t first, std::vector<Packed>& packed, const Make& make) {
  std::mutex mutex;
  std::exception_ptr failure;
  parallel_for_dynamic(static_cast<int64_t>(packed.size()), [&](int64_t i) {
    try {
      packed[static_cast<size_t>(i)] = make(first + i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

// Samples 0 to count - 1 as one shard or several; the captions are counted if asked for. Returns the number of shards.
template <class Make>
int64_t write_shards(const std::filesystem::path& folder, std::string_view name, int64_t count, int64_t per_shard,
                     CaptionCounts* captions, const Make& make) {
  int64_t shard_number = 0;
  for (int64_t start = 0; start < count; start += per_shard, ++shard_number) {
    const int64_t end = std::min(start + per_shard, count);
    TarWriter shard(folder / concat(name, "-", padded(shard_number, 6), ".tar"));
    for (int64_t first = start; first < end; first += kBatch) {
      std::vector<Packed> packed(static_cast<size_t>(std::min(kBatch, end - first)));
      make_all(first, packed, make);
      for (size_t i = 0; i < packed.size(); ++i) {
        add_sample(shard, first + static_cast<int64_t>(i), packed[i]);
        if (captions == nullptr) continue;
        for (const std::string& caption : packed[i].captions) ++(*captions)[caption];
      }
    }
    shard.commit();
  }
  return shard_number;
}

void write_held_back(const std::filesystem::path& path, const Things& things, const SampleMaker& maker,
                     SampleMaker::Rendering rendering, int num_variants, int quality) {
  TarWriter shard(path);
  int64_t key = 0;
  for (const Thing& thing : things.held_back()) {
    for (int variant = 0; variant < num_variants; ++variant) {
      const Sample sample = maker.show(thing, rendering, static_cast<uint64_t>(variant));
      OrderedJson json = describe(sample);
      json["drawn"] = things.is_drawn(thing.name);
      add_sample(shard, key++, pack(sample, json, quality));
    }
  }
  shard.commit();
}

// What the vocabulary is learned from: the captions as often as they occur, and every name and keyword that there is,
// so that the words of the held-back emoji are no stranger than others.
BpeLearner::Result learn_vocabulary(const Things& things, const CaptionCounts& captions, int vocab_size) {
  BpeLearner learner;
  for (const auto& [caption, times] : captions) learner.add(caption, times);
  for (const std::string& name : things.all_names()) learner.add(name);
  for (const Thing& thing : things.held_back()) {
    for (const std::string& keyword : thing.keywords) learner.add(keyword);
  }
  return learner.learn(vocab_size, kMinPairCount);
}

void measure_captions(const Tokenizer& tokenizer, const CaptionCounts& captions, DatasetSummary& summary) {
  for (const auto& [caption, times] : captions) {
    const auto length = static_cast<int64_t>(tokenizer.encode(caption).size()) + 2;
    if (length < summary.longest_tokens || (length == summary.longest_tokens && caption >= summary.longest)) continue;
    summary.longest_tokens = length;
    summary.longest = caption;
  }
}

}  // namespace

DatasetSummary write_dataset(const Things& things, const SampleMaker& maker, const DatasetOptions& options,
                             const std::filesystem::path& folder) {
  CLIPKIT_CHECK(options.num_train > 0 && options.num_validation >= 0 && options.per_shard > 0,
                "no pictures are wanted");
  std::filesystem::create_directories(folder);
  DatasetSummary summary;
  CaptionCounts captions;
  const auto make_of = [&](Split split) {
    return [&, split](int64_t i) {
      const Sample sample = maker.make(split, static_cast<uint64_t>(i));
      return pack(sample, describe(sample), options.jpeg_quality);
    };
  };
  summary.num_shards =
      write_shards(folder, "train", options.num_train, options.per_shard, &captions, make_of(Split::kTrain));
  write_shards(folder, "val", options.num_validation, options.per_shard, nullptr, make_of(Split::kValidation));

  using Rendering = SampleMaker::Rendering;
  const int quality = options.jpeg_quality;
  write_held_back(folder / "held-back-plain.tar", things, maker, Rendering::kPlain, 1, quality);
  write_held_back(folder / "held-back-no-alpha.tar", things, maker, Rendering::kNoAlpha, 1, quality);
  write_held_back(folder / "held-back-varied.tar", things, maker, Rendering::kVaried, options.num_variants, quality);

  std::string classes;
  for (const std::string& name : things.all_names()) classes += name + "\n";
  write_file(folder / "classes.txt", classes);

  const BpeLearner::Result vocabulary = learn_vocabulary(things, captions, options.vocab_size);
  write_vocabulary(vocabulary, folder);
  summary.num_captions = static_cast<int64_t>(captions.size());
  summary.vocab_size = static_cast<int>(vocabulary.tokens.size());
  for (const std::string& name : things.all_names()) captions.try_emplace(name, 0);
  measure_captions(*Tokenizer::from_folder(folder), captions, summary);
  return summary;
}

}  // namespace clipkit::emoji
