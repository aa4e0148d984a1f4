#include "eval/retrieval_run.h"

#include <algorithm>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "clipkit/prompts.h"
#include "data/karpathy_pairs.h"
#include "eval/bootstrap.h"
#include "eval/picture_features.h"
#include "eval/retrieval.h"
#include "eval/zero_shot_classifier.h"

namespace clipkit {

namespace {

constexpr size_t kCaptions = 4096;  // kept as one file of the cache

// The captions of all readable pictures, in the order of these.
struct Captions {
  std::vector<std::string> texts;
  std::vector<int64_t> image_of;
};

// (M, E) unit vectors; cut: how many of the texts were cut off.
Tensor text_features(const Captions& captions, const std::string& prompt, const Encoder& encoder,
                     const std::filesystem::path& cache, const EvalCallbacks& callbacks, int64_t& cut) {
  Tensor features = Tensor::empty({static_cast<int64_t>(captions.texts.size()), encoder.embed_dim});
  for (size_t begin = 0; begin < captions.texts.size(); begin += kCaptions) {
    const size_t end = std::min(captions.texts.size(), begin + kCaptions);
    std::vector<std::vector<std::string>> texts;
    for (size_t i = begin; i < end; ++i) texts.push_back({fill_template(prompt, captions.texts[i])});
    const Tensor part = cached_classifier(encoder, texts, cache, [&](int64_t) {
      if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, "captions: stopped");
    });
    std::copy_n(part.data<float>(), part.num_elements(),
                features.data<float>() + static_cast<int64_t>(begin) * encoder.embed_dim);
    cut += count_cut(encoder, texts);
    if (callbacks.progress)
      callbacks.progress("captions", static_cast<int64_t>(end), static_cast<int64_t>(captions.texts.size()));
  }
  return features;
}

Tensor as_stored(Tensor rows, Compact as) {
  if (as == Compact::kFloat32) return rows;
  return expand_rows(compact_rows(rows, as), as, rows.shape()[1]);
}

RetrievalScores scores_of(const std::vector<int64_t>& all_ranks, int resamples) {
  const RetrievalRecall recall = retrieval_recall(all_ranks);
  std::vector<int64_t> ranks = all_ranks;
  std::erase(ranks, 0);
  const auto estimate = [&](double value, int64_t k) {
    const Interval interval = bootstrap_interval(static_cast<int64_t>(ranks.size()),
                                                 [&](std::span<const uint32_t> weights) {
                                                   double found = 0;
                                                   for (size_t i = 0; i < ranks.size(); ++i)
                                                     found += ranks[i] <= k ? weights[i] : 0;
                                                   return found / static_cast<double>(ranks.size());
                                                 },
                                                 {.resamples = resamples});
    return Estimate{value, interval.low, interval.high};
  };
  return {.queries = recall.num_queries,
          .recall_at_1 = estimate(recall.recall_at_1, 1),
          .recall_at_5 = estimate(recall.recall_at_5, 5),
          .recall_at_10 = estimate(recall.recall_at_10, 10),
          .median_rank = recall.median_rank,
          .mean_rank = recall.mean_rank};
}

}  // namespace

std::unique_ptr<PairSource> open_retrieval_pairs(const std::string& spec, const std::string& split) {
  for (const std::string key : {"flickr30k:", "flickr8k:", "mscoco:", "coco:", "karpathy:"}) {
    if (spec.starts_with(key)) return open_karpathy_pairs(spec.substr(key.size()), split.empty() ? "test" : split);
  }
  CLIPKIT_CHECK(split.empty(), spec, ": has no splits; \"", split,
                "\" is one of Karpathy's lists, as in flickr30k:PATH");
  return open_pairs(spec);
}

RetrievalResult run_retrieval(const RetrievalOptions& options, const PairSource& pairs, const Encoder& encoder,
                              const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks) {
  // Captions come with the pictures, which are read once.
  std::vector<std::vector<std::string>> captions_of(static_cast<size_t>(pairs.size()));
  const std::string& split = options.input.split;
  const PictureSource source{.name = options.input.data + (split.empty() ? "" : ", split " + split),
                             .size = pairs.size(),
                             .read = [&](int64_t index) {
                               EncodedPair pair = pairs.read(index);
                               captions_of[static_cast<size_t>(index)] = std::move(pair.captions);
                               return LabelledPicture{.name = std::move(pair.name), .file = std::move(pair.picture)};
                             }};
  PictureFeatures images = picture_features(
      source, encoder, {.cache = cache, .threads = options.input.threads, .what = "pictures"}, callbacks);
  Captions captions;
  Sha256 all;
  all.update(images.sha256.data(), images.sha256.size());
  for (size_t row = 0; row < images.pictures.size(); ++row) {
    for (const std::string& caption : captions_of[static_cast<size_t>(images.pictures[row])]) {
      captions.texts.push_back(replace_invalid_utf8(caption));
      captions.image_of.push_back(static_cast<int64_t>(row));
      all.update(caption.data(), caption.size() + 1);  // with the zero behind it
    }
  }
  if (captions.texts.empty())
    fail(ErrorCode::kCorrupt, source.name, ": not one of ", images.pictures.size(), " pictures has a caption");
  Tensor texts = text_features(captions, options.prompt, encoder, cache, callbacks, origin.cut_texts);
  RetrievalRanks ranks;
  run_on_compute_thread([&] {
    ops::normalize_rows(*encoder.backend, {.x = images.x, .y = images.x});
    const Tensor pictures = as_stored(std::move(images.x), options.stored);
    const Tensor sentences = as_stored(std::move(texts), options.stored);
    ranks = retrieval_ranks(*encoder.backend, pictures, sentences, captions.image_of, [&](double done) {
      if (callbacks.progress) callbacks.progress("comparing", static_cast<int64_t>(1000 * done), 1000);
      if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, "comparing: stopped");
    });
  });
  RetrievalResult result;
  result.prompt = options.prompt;
  result.stored = options.stored;
  result.captions = static_cast<int64_t>(captions.texts.size());
  result.image_to_text = scores_of(ranks.image_to_text, options.input.resamples);
  result.text_to_image = scores_of(ranks.text_to_image, options.input.resamples);
  origin.data_sha256 = all.hex_digest();
  origin.title = options.input.data;
  origin.split = options.input.split;
  origin.pictures = static_cast<int64_t>(images.pictures.size());
  origin.unreadable = images.unreadable;
  origin.note = pairs.problems().summary();
  origin.layer = "features";
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
