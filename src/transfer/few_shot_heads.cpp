#include "transfer/few_shot_heads.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "base/concat.h"
#include "transfer/probe_data.h"

namespace clipkit {

namespace {

constexpr int kMaxFolds = 4;
constexpr int kManyShots = 16;  // beyond, one fold of the four says enough
constexpr double kLambdas[] = {1e4, 1e3, 1e2, 10, 3, 1, 0.3, 0.1, 1e-2, 1e-3};

// As strict as scikit-learn and SciPy are: settings stand a factor of three apart.
LogisticOptions options_of(double lambda, LogisticOptions options) {
  options.c = 1 / lambda;
  options.gradient_tolerance = 1e-4;
  options.objective_tolerance = 2.22e-9;
  return options;
}

class PlainHead : public FewShotHead {
 public:
  explicit PlainHead(LogisticOptions limits) : limits_(std::move(limits)) {}
  std::string name() const override { return "linear probe"; }
  std::string what() const override { return "logistic regression on the features, as CLIP's; knows nothing of texts"; }
  int num_settings() const override { return static_cast<int>(std::size(kLambdas)); }
  int default_setting() const override { return 4; }  // C = 1 / 3, near that of CLIP's example
  bool holds_zero_shot() const override { return false; }
  std::string setting(int index) const override { return concat("lambda ", kLambdas[index]); }
  void try_settings(const FewShotPictures& shots, const FewShotPictures& others, std::span<const int> settings,
                    const Use& use) const override {
    const KnownClasses known(shots.classes, shots.zero_shot.shape()[1]);
    const std::vector<int32_t> numbers = known.numbers(shots.classes);
    LogisticRegression regression(shots.plain, numbers, known.size());
    for (const int setting : settings) {
      const LogisticFit fit = regression.fit(options_of(kLambdas[setting], limits_));
      use(setting, known.spread(fit.classifier.scores(others.plain)));
    }
  }

 private:
  LogisticOptions limits_;
};

class TextHead : public FewShotHead {
 public:
  explicit TextHead(LogisticOptions limits) : limits_(std::move(limits)) {}
  std::string name() const override { return "text-blended probe"; }
  std::string what() const override {
    return "logistic regression that starts from the texts' weights and is drawn to them";
  }
  int num_settings() const override { return 1 + static_cast<int>(std::size(kLambdas)); }
  int default_setting() const override { return 6; }  // weights move by about 1, logits by as much
  std::string setting(int index) const override {
    return index == 0 ? "zero-shot" : concat("lambda ", kLambdas[index - 1]);
  }
  void try_settings(const FewShotPictures& shots, const FewShotPictures& others, std::span<const int> settings,
                    const Use& use) const override {
    std::optional<LogisticRegression> regression;
    for (const int setting : settings) {
      if (setting == 0) {
        use(setting, Tensor::copy_of(others.zero_shot));
        continue;
      }
      if (!regression) regression.emplace(shots.unit, shots.classes, shots.zero_shot.shape()[1], shots.zero_shot);
      LogisticOptions options = options_of(kLambdas[setting - 1], limits_);
      options.free_intercept = false;  // or a class would gain from shots alone, however strong the penalty
      use(setting, zero_shot_plus(others, 1, regression->fit(options).classifier.scores(others.unit)));
    }
  }

 private:
  LogisticOptions limits_;
};

template <class T>
Tensor rows_of(const TensorView& from, const std::vector<int64_t>& which) {
  Tensor rows = Tensor::empty({static_cast<int64_t>(which.size()), from.shape()[1]}, from.dtype());
  for (size_t i = 0; i < which.size(); ++i) {
    const auto row = from.row<T>(which[i]);
    std::copy(row.begin(), row.end(), rows.row<T>(static_cast<int64_t>(i)).begin());
  }
  return rows;
}

}  // namespace

FewShotRows::FewShotRows(const FewShotPictures& all, const std::vector<int64_t>& which)
    : plain_(rows_of<float>(all.plain, which)),
      unit_(rows_of<float>(all.unit, which)),
      zero_shot_(rows_of<double>(all.zero_shot, which)),
      pictures_{plain_, unit_, zero_shot_, {}, all.set, {}} {
  for (const int64_t row : which) {
    pictures_.classes.push_back(all.classes[static_cast<size_t>(row)]);
    if (all.set) pictures_.pictures.push_back(all.pictures[static_cast<size_t>(row)]);
  }
}

Tensor FewShotHead::scores(const FewShotPictures& shots, const FewShotPictures& others, int setting) const {
  Tensor result;
  try_settings(shots, others, {&setting, 1}, [&](int, Tensor scores) { result = std::move(scores); });
  return result;
}

std::unique_ptr<FewShotHead> make_plain_head(LogisticOptions limits) {
  return std::make_unique<PlainHead>(std::move(limits));
}
std::unique_ptr<FewShotHead> make_text_head(LogisticOptions limits) {
  return std::make_unique<TextHead>(std::move(limits));
}

int choose_setting(const FewShotHead& head, const FewShotPictures& shots,
                   const std::function<double(TensorView scores, const std::vector<int32_t>& classes)>& score) {
  if (head.num_settings() == 1) return head.default_setting();
  std::map<int32_t, int> count;
  std::vector<int> place;  // of each picture among those of its class
  for (const int32_t label : shots.classes) place.push_back(count[label]++);
  int folds = kMaxFolds;
  for (const auto& [label, shots_of] : count) folds = std::min(folds, shots_of);

  std::vector<int> settings(static_cast<size_t>(head.num_settings()));
  std::iota(settings.begin(), settings.end(), 0);
  const bool single = folds < 2, many = std::all_of(
                                     count.begin(), count.end(), [](const auto&of) { return of.second > kManyShots; });
  if (single) {
    if (!head.holds_zero_shot()) return head.default_setting();
    settings = {0, head.default_setting()};
    folds = kMaxFolds;
  }
  std::vector<double> sums(static_cast<size_t>(head.num_settings()), 0);
  for (int fold = 0; fold < (many ? 1 : folds); ++fold) {
    std::vector<int64_t> kept, held;
    for (size_t i = 0; i < place.size(); ++i) {
      const int number = single ? shots.classes[i] : place[i];
      (number % folds == fold ? held : kept).push_back(static_cast<int64_t>(i));
    }
    if (kept.empty() || held.empty()) continue;
    const FewShotRows learn(shots, kept), check(shots, held);
    head.try_settings(learn.pictures(), check.pictures(), settings, [&](int setting, const Tensor& scores) {
      sums[static_cast<size_t>(setting)] += score(scores, check.pictures().classes);
    });
  }
  // Of shots that know nothing of the held-out classes nothing can be gained: no harm is all that is asked for.
  if (single) return sums[static_cast<size_t>(settings[1])] < sums[0] ? 0 : settings[1];
  return static_cast<int>(std::max_element(sums.begin(), sums.end()) - sums.begin());
}

}  // namespace clipkit
