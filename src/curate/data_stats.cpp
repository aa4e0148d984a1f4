#include <algorithm>
#include <map>
#include <optional>

#include "base/utf8.h"
#include "clipkit/curate.h"
#include "clipkit/error.h"
#include "clipkit/tokenizer.h"
#include "curate/caption_words.h"
#include "curate/digest_table.h"
#include "curate/distribution.h"
#include "curate/pair_reader.h"

namespace clipkit {

namespace {

constexpr size_t kExamples = 5;
constexpr size_t kContextTokens = 75;  // CLIP's 77 without start and end
constexpr int64_t kAspectUnit = 1000;

// What one pair adds to the statistics, found on any thread.
struct PairFacts {
  struct Caption {
    Digest digest{};
    int64_t words = 0;
    std::optional<int64_t> tokens{};  // nothing if it is not UTF-8
  };
  std::string name;
  std::optional<Error> error{};
  PictureFacts picture{};
  int64_t bytes = 0;
  Digest digest{};
  std::vector<Caption> captions{};
};

PairFacts facts_of(const PairSource& source, int64_t index, const Tokenizer& tokenizer, int64_t max_pixels) {
  PairFacts facts;
  try {
    const EncodedPair pair = source.read(index);
    facts.name = pair.name;
    facts.picture = examine_picture(pair, max_pixels);
    facts.bytes = static_cast<int64_t>(pair.picture.size());
    facts.digest = digest_of(pair.picture);
    for (const std::string& caption : pair.captions) {
      PairFacts::Caption found{digest_of(caption), count_words(caption)};
      if (find_invalid_utf8(caption) == std::string_view::npos) {
        found.tokens = static_cast<int64_t>(tokenizer.encode(caption).size());
      }
      facts.captions.push_back(found);
    }
  } catch (const Error& error) {
    facts.error = error;
  }
  return facts;
}

void note(DataStats::Count& count, const std::string& example) {
  ++count.count;
  if (count.examples.size() < kExamples) count.examples.push_back(example);
}

class Collector {
 public:
  explicit Collector(const PairSource& source) : source_(source) {
    stats_.pairs = source.size();
    for (const PairProblems::Kind& kind : source.problems().kinds()) {
      stats_.left_out.push_back({kind.what, kind.count, kind.names});
    }
    stats_.duplicate_pictures.what = "pictures with the bytes of an earlier one";
    stats_.same_captions.what = "captions that an earlier picture has too";
    stats_.invalid_captions.what = "captions that are not UTF-8";
  }

  void add(int64_t index, const PairFacts& facts) {
    if (facts.error) {
      note(unreadable_[to_string(facts.error->code())], facts.error->what());
      return;
    }
    ++formats_[facts.picture.format];
    stats_.bytes += facts.bytes;
    width_.add(facts.picture.width);
    height_.add(facts.picture.height);
    const auto [shorter, longer] = std::minmax(facts.picture.width, facts.picture.height);
    aspect_.add((longer * kAspectUnit + shorter / 2) / shorter);
    bytes_.add(facts.bytes);
    captions_.add(static_cast<int64_t>(facts.captions.size()));
    if (const auto first = pictures_.find_or_insert(facts.digest, static_cast<uint32_t>(index))) {
      note(stats_.duplicate_pictures, facts.name + " is " + source_.name(*first));
    }
    for (const PairFacts::Caption& caption : facts.captions) add(index, facts.name, caption);
  }

  DataStats finish() && {
    for (auto& [code, count] : unreadable_) {
      count.what = code;
      stats_.unreadable.push_back(std::move(count));
    }
    for (const auto& [format, count] : formats_) stats_.formats.push_back({format, count});
    std::stable_sort(stats_.formats.begin(), stats_.formats.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    stats_.width = width_.summary();
    stats_.height = height_.summary();
    stats_.aspect = aspect_.summary(kAspectUnit);
    stats_.picture_bytes = bytes_.summary();
    stats_.captions = captions_.summary();
    stats_.caption_words = words_.summary();
    stats_.caption_tokens = tokens_.summary();
    return std::move(stats_);
  }

 private:
  void add(int64_t index, const std::string& name, const PairFacts::Caption& caption) {
    words_.add(caption.words);
    if (caption.tokens) {
      tokens_.add(*caption.tokens);
      if (*caption.tokens > static_cast<int64_t>(kContextTokens)) ++stats_.captions_too_long;
    } else {
      note(stats_.invalid_captions, name);
    }
    if (const auto first = texts_.find_or_insert(caption.digest, static_cast<uint32_t>(index))) {
      note(stats_.same_captions, name + " and " + source_.name(*first));
    }
  }

  const PairSource& source_;
  DataStats stats_;
  std::map<std::string, DataStats::Count> unreadable_;
  std::map<std::string, int64_t> formats_;
  Distribution width_, height_, aspect_, bytes_, captions_, words_, tokens_;
  DigestTable pictures_, texts_;
};

}  // namespace

DataStats data_stats(const PairsInput& input, const CurateCallbacks& callbacks) {
  const std::unique_ptr<PairSource> source = open_input(input);
  const std::shared_ptr<const Tokenizer> tokenizer = Tokenizer::clip();
  Collector collector(*source);
  std::vector<PairFacts> slots(kSlots);
  in_order(input, callbacks,
           {.what = "read",
            .begin = 0,
            .end = source->size(),
            .look = [&](int64_t index,
                        size_t slot) { slots[slot] = facts_of(*source, index, *tokenizer, input.max_image_pixels); },
            .use = [&](int64_t index, size_t slot) { collector.add(index, slots[slot]); }});
  return std::move(collector).finish();
}

}  // namespace clipkit
