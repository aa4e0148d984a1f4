#include "eval/robustness.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "base/file_writer.h"
#include "eval/zero_shot.h"

namespace clipkit {

namespace {

constexpr size_t kMaxResultBytes = size_t{64} << 20;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// How often the largest logit among these classes is a picture's own, of the pictures that have one of them.
Estimate accuracy_among(const ZeroShotAnswers& answers, const std::vector<int32_t>& classes, int resamples) {
  std::vector<bool> counts(static_cast<size_t>(answers.logits.shape()[1]), false);
  for (const int32_t one : classes) counts[static_cast<size_t>(one)] = true;
  std::vector<uint8_t> right;
  for (size_t row = 0; row < answers.labels.size(); ++row) {
    const auto& labels = answers.labels[row].present;
    if (std::none_of(labels.begin(), labels.end(), [&](int32_t label) { return counts[static_cast<size_t>(label)]; }))
      continue;
    const auto logits = answers.logits.row<double>(static_cast<int64_t>(row));
    const int32_t answer = *std::max_element(classes.begin(), classes.end(), [&](int32_t a, int32_t b) {
      return logits[static_cast<size_t>(a)] < logits[static_cast<size_t>(b)];
    });
    right.push_back(std::find(labels.begin(), labels.end(), answer) != labels.end());
  }
  return bootstrap_rate(right, {.resamples = resamples});
}

std::vector<int32_t> all_classes(const LabelledSet& set) {
  std::vector<int32_t> classes(set.classes.size());
  std::iota(classes.begin(), classes.end(), 0);
  return classes;
}

}  // namespace

std::vector<int32_t> classes_in(const LabelledSet& reference, const LabelledSet& shifted) {
  std::vector<int32_t> found;
  std::vector<bool> taken(reference.classes.size(), false);
  for (const auto& names : shifted.classes) {
    const auto same = [&](size_t c) { return !taken[c] && reference.classes[c].front() == names.front(); };
    size_t c = 0;
    while (c < taken.size() && !same(c)) ++c;
    if (c == taken.size()) return {};
    taken[c] = true;
    found.push_back(static_cast<int32_t>(c));
  }
  std::sort(found.begin(), found.end());
  return found;
}

RobustnessSets open_robustness_sets(const RobustnessOptions& options) {
  CLIPKIT_CHECK(!options.shifts.empty(), "there is no shifted set to compare with");
  RobustnessSets sets;
  sets.reference = open_labelled_set(options.input.data, options.input.split);
  for (const std::string& shift : options.shifts) sets.shifts.push_back(open_labelled_set(shift));
  if (!options.baselines.empty()) {
    const BaselineTable table(options.baselines);
    if (!table.names_shifts() && sets.shifts.size() > 1) {
      fail(ErrorCode::kCorrupt, options.baselines.string(), ": has no column \"shift\" that tells ", sets.shifts.size(),
           " shifted sets apart");
    }
    for (const LabelledSet& shift : sets.shifts) sets.baselines.push_back(table.of(shift));
  }
  if (!options.against.empty()) {
    sets.earlier = parse_earlier_robustness(read_file(options.against, kMaxResultBytes), options.against.string());
  }
  return sets;
}

RobustnessResult run_robustness(const RobustnessOptions& options, const RobustnessSets& sets, const Encoder& encoder,
                                double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                                const EvalCallbacks& callbacks) {
  const ZeroShotOptions zero_shot{.input = options.input, .templates = options.templates};
  const auto answers_of = [&](const LabelledSet& set) {
    return zero_shot_answers(zero_shot, set, encoder, logit_scale, cache, callbacks);
  };
  const int resamples = options.input.resamples;
  const ZeroShotAnswers reference = answers_of(sets.reference);
  RobustnessResult result;
  result.templates = reference.templates;
  result.against = sets.earlier.model;
  result.against_sha256 = sets.earlier.model_sha256;
  result.accuracy = accuracy_among(reference, all_classes(sets.reference), resamples);
  reference.describe_in(sets.reference, origin);
  for (size_t i = 0; i < sets.shifts.size(); ++i) {
    const LabelledSet& set = sets.shifts[i];
    const ZeroShotAnswers answers = answers_of(set);
    EvalOrigin of;
    answers.describe_in(set, of);
    RobustnessResult::Shift shift{.data = options.shifts[i],
                                  .title = of.title,
                                  .split = of.split,
                                  .note = of.note,
                                  .data_sha256 = of.data_sha256,
                                  .pictures = of.pictures,
                                  .classes = of.classes};
    for (const auto& one : of.unreadable)
      origin.unreadable.push_back({concat(of.title, ": ", one.picture), one.reason});
    origin.cut_texts += answers.cut_texts;
    const std::vector<int32_t> same = classes_in(sets.reference, set);
    shift.same_classes = !same.empty();
    shift.accuracy = accuracy_among(answers, all_classes(set), resamples);
    shift.reference = accuracy_among(reference, same.empty() ? all_classes(sets.reference) : same, resamples);
    shift.slope = shift.intercept = shift.expected = shift.effective = shift.relative = kNone;
    if (!sets.baselines.empty()) {
      shift.baselines = sets.baselines[i];
      const LogitLine line = fit_logit_line(shift.baselines);
      shift.slope = line.slope;
      shift.intercept = line.intercept;
      shift.expected = line.at(shift.reference.value);
      shift.effective = shift.accuracy.value - shift.expected;
    }
    if (!options.against.empty()) {
      const auto earlier = sets.earlier.accuracy_of.find(shift.data_sha256);
      if (earlier == sets.earlier.accuracy_of.end())
        fail(ErrorCode::kCorrupt, options.against.string(), ": has no accuracy on the pictures of ", shift.data);
      shift.relative = shift.accuracy.value - earlier->second;
    }
    result.shifts.push_back(std::move(shift));
  }
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
