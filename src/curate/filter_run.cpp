#include "curate/filter_run.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/check.h"
#include "base/compute_thread.h"
#include "curate/filter_settings.h"
#include "curate/model_rules.h"
#include "curate/near_duplicates.h"
#include "curate/survey.h"
#include "curate/write_shards.h"
#include "ops/similarity.h"

namespace clipkit {

namespace {

Tensor unit_rows(Backend& backend, const Tensor& rows) {
  Tensor unit = Tensor::empty(rows.shape());
  run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = rows, .y = unit}); });
  return unit;
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
  void ask(const Encoder& encoder, const std::filesystem::path& folder) {
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
    const auto name = drop.find("rule");
    for (FilterSummary::Rule& rule : rules) {
      if (name != drop.end() && *name == rule.name) ++(drop.contains("caption") ? rule.captions : rule.pairs);
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

FilterSummary run_filter(const FilterOptions& o, const std::function<Encoder()>& open_encoder,
                         const CurateCallbacks& callbacks) {
  check(o);
  const CaptionRules rules(o);
  const std::unique_ptr<PairSource> source = open_input(o.input);
  // Before the output is begun: a model that cannot be opened leaves nothing behind.
  std::optional<Encoder> encoder;
  if (needs_model(o)) encoder = open_encoder();
  ShardOutput output(o.output.folder, settings_of(o, *source),
                     {.samples = o.output.shard_samples, .bytes = o.output.shard_bytes}, o.output.resume);
  if (output.is_complete()) return summary_of(*source, output);
  Filter filter(o, rules, *source, callbacks);
  const std::filesystem::path folder = o.features.empty() ? o.output.folder / "features" : o.features;
  if (encoder) {
    filter.ask(*encoder, folder);
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
