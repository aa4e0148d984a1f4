#include "curate/survey.h"

#include <algorithm>

#include "clipkit/error.h"
#include "curate/pair_reader.h"

namespace clipkit {

namespace {

// What was found of one pair: the drop of all of it, or of some captions.
struct Found {
  std::vector<Drop> drops;
  Digest digest{};
  bool survives() const { return drops.empty() || !drops.front().is_pair(); }
};

void check_captions(const EncodedPair& pair, uint32_t sample, const CaptionRules& rules, std::vector<Drop>& drops) {
  for (size_t i = 0; i < pair.captions.size(); ++i) {
    if (const auto verdict = rules.check(pair.captions[i])) {
      drops.push_back({sample, static_cast<int32_t>(i), verdict->rule, verdict->value});
    }
  }
  if (drops.size() < pair.captions.size()) return;
  // The pair goes with the caption that came farthest.
  const auto last =
      std::max_element(drops.begin(), drops.end(), [](const Drop& a, const Drop& b) { return a.rule < b.rule; });
  drops = {{sample, -1, last->rule, last->value}};
}

Found look_at(const FilterOptions& o, const PairSource& source, const CaptionRules& rules, uint32_t sample) {
  Found found;
  const auto drop = [&](DropRule rule, double value) {
    found.drops.push_back({sample, -1, rule, static_cast<float>(value)});
  };
  try {
    const EncodedPair pair = source.read(sample);
    const PictureFacts picture = examine_picture(pair, o.input.max_image_pixels);
    const auto [shorter, longer] = std::minmax(picture.width, picture.height);
    const double aspect = static_cast<double>(longer) / static_cast<double>(shorter);
    if (shorter < o.min_size) {
      drop(DropRule::kMinSize, static_cast<double>(shorter));
    } else if (o.max_aspect > 0 && aspect > o.max_aspect) {
      drop(DropRule::kMaxAspect, aspect);
    } else {
      check_captions(pair, sample, rules, found.drops);
      if (o.drop_duplicates && found.survives()) found.digest = digest_of(pair.picture);
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory) throw;
    found.drops.clear();
    drop(DropRule::kUnreadable, 0);
  }
  return found;
}

}  // namespace

Survey survey(const FilterOptions& o, const CaptionRules& rules, const PairSource& source,
              const CurateCallbacks& callbacks) {
  Survey result;
  std::vector<Found> slots(kSlots);
  in_order(o.input, callbacks,
           {.what = "looked at",
            .begin = 0,
            .end = source.size(),
            .look = [&](int64_t index,
                        size_t slot) { slots[slot] = look_at(o, source, rules, static_cast<uint32_t>(index)); },
            .use =
                [&](int64_t index, size_t slot) {
                  const Found& found = slots[slot];
                  result.drops.insert(result.drops.end(), found.drops.begin(), found.drops.end());
                  if (!found.survives()) return;
                  result.survivors.push_back(static_cast<uint32_t>(index));
                  if (o.drop_duplicates) result.digests.push_back(found.digest);
                }});
  return result;
}

}  // namespace clipkit
