#include "curate/write_shards.h"

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace clipkit {

namespace {

// A pair on its way, or why there is none.
struct Slot {
  EncodedPair pair;
  std::optional<Error> error;
};

class ShardWork {
 public:
  ShardWork(const ShardJob& job, ShardOutput& output) : job_(job), output_(output), slots_(kSlots) {}

  void look(int64_t index, size_t at) {
    Slot& slot = slots_[at];
    slot = {};
    const auto drops = drops_of(index);
    // A pair that a rule drops need not be read, but one that could not be read is asked again for the reason.
    if (!drops.empty() && drops.front().is_pair() && drops.front().rule != DropRule::kUnreadable) return;
    try {
      slot.pair = job_.source.read(index);
      if (!drops.empty() && drops.front().is_pair()) examine_picture(slot.pair, job_.input.max_image_pixels);
      if (!drops.empty() && drops.back().caption >= static_cast<int64_t>(slot.pair.captions.size())) {
        fail(ErrorCode::kCorrupt, slot.pair.name, ": has changed since it was looked at");
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutOfMemory) throw;
      slot.error = error;
    }
  }

  void use(int64_t index, size_t at) {
    Slot& slot = slots_[at];
    for (const Drop& drop : drops_of(index)) {
      if (drop.rule == DropRule::kUnreadable) {
        return drop_unreadable(
            index, slot.error ? slot.error->what() : slot.pair.name + ": too long and thin a picture for the model");
      }
      OrderedJson line = begin_line(index, drop.rule);
      if (!drop.is_pair()) {
        if (slot.error) break;
        line["caption"] = slot.pair.captions[static_cast<size_t>(drop.caption)];
      }
      line.update(job_.line(drop));
      output_.drop(line, drop.is_pair());
      if (drop.is_pair()) return;
    }
    if (slot.error) return drop_unreadable(index, slot.error->what());
    remove_captions(index, slot.pair);
    try {
      output_.add(index, slot.pair);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported && error.code() != ErrorCode::kCorrupt) throw;
      drop_unreadable(index, error.what());
    }
    slot.pair = {};
  }

 private:
  std::span<const Drop> drops_of(int64_t index) const {
    const auto before = [](const Drop& drop, int64_t sample) { return drop.sample < sample; };
    const auto begin = std::lower_bound(job_.drops.begin(), job_.drops.end(), index, before);
    const auto end = std::lower_bound(begin, job_.drops.end(), index + 1, before);
    return {begin, end};
  }

  OrderedJson begin_line(int64_t index, DropRule rule) const {
    return {{"sample", index}, {"name", job_.source.name(index)}, {"rule", to_string(rule)}};
  }

  // The name of a sample may be what cannot be read.
  void drop_unreadable(int64_t index, const std::string& reason) {
    output_.drop({{"sample", index}, {"rule", to_string(DropRule::kUnreadable)}, {"reason", reason}}, true);
  }

  void remove_captions(int64_t index, EncodedPair& pair) const {
    const auto drops = drops_of(index);
    // From the last, so that the places of the others stay.
    for (size_t i = drops.size(); i-- > 0;) pair.captions.erase(pair.captions.begin() + drops[i].caption);
  }

  const ShardJob& job_;
  ShardOutput& output_;
  std::vector<Slot> slots_;
};

}  // namespace

void write_shards(const ShardJob& job, const CurateCallbacks& callbacks, ShardOutput& output) {
  ShardWork work(job, output);
  in_order(job.input, callbacks,
           {.what = "written",
            .begin = output.next(),
            .end = job.end,
            .look = [&](int64_t index, size_t slot) { work.look(index, slot); },
            .use = [&](int64_t index, size_t slot) { work.use(index, slot); }});
  output.finish(job.end);
}

}  // namespace clipkit
