#include "curate/filter_run.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/sha256.h"
#include "curate/input_settings.h"
#include "curate/model_rules.h"
#include "curate/near_duplicates.h"
#include "curate/survey.h"
#include "curate/write_shards.h"
#include "ops/similarity.h"

namespace clipkit {

namespace {

template <class T>
OrderedJson json_of(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson();
}

// All that decides what is written.
OrderedJson settings_of(const FilterOptions& o, const PairSource& source) {
  OrderedJson settings = input_settings(o.input, source);
  add_settings(o.output, settings);
  settings["max_image_pixels"] = o.input.max_image_pixels;
  settings["min_size"] = o.min_size;
  settings["max_aspect"] = o.max_aspect;
  settings["drop_duplicates"] = o.drop_duplicates;
  settings["min_words"] = o.min_words;
  settings["max_words"] = o.max_words;
  settings["caption_regex"] = o.caption_regex;
  settings["drop_caption_regex"] = o.drop_caption_regex;
  if (!needs_model(o)) return settings;
  settings["model"] = o.model;
  settings["precision"] = o.precision == Precision::kBFloat16 ? "bf16" : "fp32";
  settings["min_similarity"] = json_of(o.min_similarity);
  settings["drop_concepts"] = o.drop_concepts;
  settings["concept_similarity"] = json_of(o.concept_similarity);
  settings["concept_margin"] = o.concept_margin;
  settings["near_duplicates"] = json_of(o.near_duplicates);
  return settings;
}

void check(const FilterOptions& o) {
  CLIPKIT_CHECK(o.min_size >= 0, "min-size is ", o.min_size, ", expected 0 or more");
  CLIPKIT_CHECK(o.max_aspect == 0 || o.max_aspect >= 1, "max-aspect is ", o.max_aspect,
                ", expected 1 or more: longer side / shorter side");
  CLIPKIT_CHECK(!needs_model(o) || !o.model.empty(), "min-similarity, drop-concept and near-duplicates need a model");
  for (const auto& [name, cosine] : {std::pair{"min-similarity", o.min_similarity},
                                     {"concept-similarity", o.concept_similarity},
                                     {"near-duplicates", o.near_duplicates}}) {
    CLIPKIT_CHECK(!cosine || (*cosine >= -1 && *cosine <= 1), name, " is ", cosine.value_or(0),
                  ", expected a cosine, -1 to 1");
  }
  CLIPKIT_CHECK(o.concept_margin >= 0 && o.concept_margin <= 2, "concept-margin is ", o.concept_margin,
                ", expected a difference of cosines, 0 to 2");
}

Tensor unit_rows(Backend& backend, const Tensor& rows) {
  Tensor unit = Tensor::empty(rows.shape());
  run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = rows, .y = unit}); });
  return unit;
}

// Two models that answer these alike are the same model, whatever their files are called.
std::string features_key(const FilterOptions& o, const PairEncoder& encoder, const PairSource& source) {
  Sha256 hash;
  const PreprocessConfig& p = encoder.preprocess;
  const Tensor pixels = Tensor::empty({1, 3, p.height, p.width});
  const auto values = pixels.span<float>();
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 255) / 255;
  const Tensor image = encoder.encode_pixels(pixels);
  hash.update(image.view().raw(), image.view().bytes());
  if (needs_captions(o)) {
    const Tensor text = encoder.encode_texts(std::vector<std::string>{"a photo"});
    hash.update(text.view().raw(), text.view().bytes());
  }
  const OrderedJson key = {{"pairs", o.input.pairs},
                           {"num_pairs", source.size()},
                           {"resize", {p.width, p.height, static_cast<int>(p.resize_mode)}},
                           {"captions", {o.min_words, o.max_words, o.caption_regex, o.drop_caption_regex}},
                           {"model", hash.hex_digest()}};
  return key.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

void sort_by_sample(std::vector<Drop>& drops) {
  std::sort(drops.begin(), drops.end(), [](const Drop& a, const Drop& b) {
    return a.sample != b.sample ? a.sample < b.sample : a.caption < b.caption;
  });
}

class Filter {
 public:
  Filter(const FilterOptions& options, const CaptionRules& rules, const PairSource& source,
         const CurateCallbacks& callbacks)
      : o_(options), source_(source), callbacks_(callbacks), survey_(survey(options, rules, source, callbacks)) {
    is_out_.assign(survey_.survivors.size(), false);
  }

  // The rules of the model but near duplicates; then duplicates, which give way to nothing that goes itself.
  void ask(const PairEncoder& encoder, const std::filesystem::path& folder) {
    const FeatureCache cache(o_, source_, survey_, encoder, needs_captions(o_), folder,
                             features_key(o_, encoder, source_));
    const ModelRules rules(
        o_, o_.drop_concepts.empty() ? Tensor() : unit_rows(*encoder.backend, encoder.encode_texts(o_.drop_concepts)));
    std::vector<PairFeatures> chunks;
    for (size_t i = 0; i < cache.num_chunks(); ++i) {
      PairFeatures features = cache.get(i, callbacks_);
      for (const Drop& drop : rules.check(features)) add(drop);
      if (o_.near_duplicates) chunks.push_back(std::move(features));
    }
    drop_duplicates();
    if (o_.near_duplicates) drop_near_duplicates(*encoder.backend, chunks);
  }

  void drop_duplicates() {
    if (!o_.drop_duplicates) return;
    DigestTable table;
    for (size_t i = 0; i < survey_.survivors.size(); ++i) {
      if (is_out_[i]) continue;
      const uint32_t sample = survey_.survivors[i];
      if (const auto first = table.find_or_insert(survey_.digests[i], sample)) {
        add({sample, -1, DropRule::kDuplicate, 1, *first});
      }
    }
  }

  // In order, at most one for a pair, and none for its captions then.
  std::vector<Drop> drops() && {
    std::vector<Drop> all = std::move(survey_.drops);
    all.insert(all.end(), drops_.begin(), drops_.end());
    sort_by_sample(all);
    std::vector<Drop> kept;
    for (const Drop& drop : all) {
      if (kept.empty() || kept.back().sample != drop.sample || !kept.back().is_pair()) kept.push_back(drop);
    }
    return kept;
  }

 private:
  void add(const Drop& drop) {
    drops_.push_back(drop);
    if (!drop.is_pair()) return;
    const auto at = std::lower_bound(survey_.survivors.begin(), survey_.survivors.end(), drop.sample);
    is_out_[static_cast<size_t>(at - survey_.survivors.begin())] = true;
  }

  void drop_near_duplicates(Backend& backend, const std::vector<PairFeatures>& chunks) {
    FeatureRows rows;
    for (const PairFeatures& chunk : chunks) rows.parts.push_back(chunk.image);
    const auto progress = [&](int64_t done, int64_t total) {
      if (callbacks_.stop && callbacks_.stop()) fail(ErrorCode::kCancelled, "near duplicates: stopped");
      if (callbacks_.progress) callbacks_.progress("compared", done, total);
    };
    std::vector<NearDuplicate> found;
    run_on_compute_thread([&] { found = find_near_duplicates(backend, rows, *o_.near_duplicates, is_out_, progress); });
    for (const NearDuplicate& near : found) {
      add({survey_.survivors[static_cast<size_t>(near.row)], -1, DropRule::kNearDuplicate, near.cosine,
           survey_.survivors[static_cast<size_t>(near.of)]});
    }
  }

  const FilterOptions& o_;
  const PairSource& source_;
  const CurateCallbacks& callbacks_;
  Survey survey_;
  std::vector<Drop> drops_;   // of the model and duplicates
  std::vector<bool> is_out_;  // of the survivors
};

// A float's further digits say nothing.
double rounded(float value) {
  return std::round(static_cast<double>(value) * 1e6) / 1e6;
}

OrderedJson line_of(const FilterOptions& o, const PairSource& source, const Drop& drop) {
  switch (drop.rule) {
    case DropRule::kDuplicate:
      return {{"of", source.name(drop.other)}};
    case DropRule::kNearDuplicate:
      return {{"value", rounded(drop.value)}, {"of", source.name(drop.other)}};
    case DropRule::kConcept:
      return {{"value", rounded(drop.value)}, {"concept", o.drop_concepts[drop.other]}};
    case DropRule::kCaptionRegex:
    case DropRule::kDropCaptionRegex:
      return OrderedJson::object();
    default:
      return {{"value", rounded(drop.value)}};
  }
}

// dropped.jsonl tells it all, also of what an earlier run has written.
FilterSummary summary_of(const PairSource& source, const ShardOutput& output) {
  FilterSummary summary{.pairs = source.size(), .kept = output.num_samples()};
  std::vector<FilterSummary::Rule> rules(kNumDropRules);
  for (int i = 0; i < kNumDropRules; ++i) rules[static_cast<size_t>(i)].name = to_string(static_cast<DropRule>(i));
  const std::string place = output.dropped_path().string();
  std::ifstream file(output.dropped_path());
  for (std::string line; std::getline(file, line);) {
    const Json drop = parse_json(line, place);
    const std::string name = drop.is_object() ? drop.value("rule", "") : "";
    for (FilterSummary::Rule& rule : rules) {
      if (rule.name == name) ++(drop.contains("caption") ? rule.captions : rule.pairs);
    }
  }
  for (FilterSummary::Rule& rule : rules) {
    if (rule.pairs + rule.captions > 0) summary.dropped.push_back(std::move(rule));
  }
  summary.shards = output.num_shards();
  summary.bytes = output.num_bytes();
  return summary;
}

}  // namespace

bool needs_model(const FilterOptions& o) {
  return o.min_similarity || o.near_duplicates || !o.drop_concepts.empty();
}

bool needs_captions(const FilterOptions& o) {
  return o.min_similarity || (!o.drop_concepts.empty() && !o.concept_similarity);
}

FilterSummary run_filter(const FilterOptions& o, const std::function<PairEncoder()>& open_encoder,
                         const CurateCallbacks& callbacks) {
  check(o);
  const CaptionRules rules(o);
  const std::unique_ptr<PairSource> source = open_input(o.input);
  ShardOutput output(o.output.folder, settings_of(o, *source),
                     {.samples = o.output.shard_samples, .bytes = o.output.shard_bytes}, o.output.resume);
  if (output.is_complete()) return summary_of(*source, output);
  Filter filter(o, rules, *source, callbacks);
  const std::filesystem::path folder = o.features.empty() ? o.output.folder / "features" : o.features;
  if (needs_model(o)) {
    filter.ask(open_encoder(), folder);
  } else {
    filter.drop_duplicates();
  }
  const std::vector<Drop> drops = std::move(filter).drops();
  write_shards({.source = *source,
                .input = o.input,
                .end = source->size(),
                .drops = drops,
                .line = [&](const Drop& drop) { return line_of(o, *source, drop); }},
               callbacks, output);
  if (o.features.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  return summary_of(*source, output);
}

}  // namespace clipkit
