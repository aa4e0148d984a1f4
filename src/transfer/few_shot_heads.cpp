#include "transfer/few_shot_heads.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/concat.h"
#include "base/parallel.h"
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
  std::string setting(int index) const override { return concat("lambda ", kLambdas[index]); }
  Tensor scores(const FewShotPictures& shots, const FewShotPictures& others, int setting) const override {
    const KnownClasses known(shots.classes, shots.zero_shot.shape()[1]);
    const std::vector<int32_t> numbers = known.numbers(shots.classes);
    LogisticRegression regression(shots.plain, numbers, known.size());
    return known.spread(regression.fit(options_of(kLambdas[setting], limits_)).classifier.scores(others.plain));
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
  Tensor scores(const FewShotPictures& shots, const FewShotPictures& others, int setting) const override {
    Tensor result = Tensor::copy_of(others.zero_shot);
    if (setting == 0) return result;
    LogisticOptions options = options_of(kLambdas[setting - 1], limits_);
    options.free_intercept = false;  // or a class would gain from shots alone, however strong the penalty
    LogisticRegression regression(shots.unit, shots.classes, shots.zero_shot.shape()[1], shots.zero_shot);
    const Tensor learned = regression.fit(options).classifier.scores(others.unit);
    for (int64_t i = 0; i < result.num_elements(); ++i) result.data<double>()[i] += learned.data<double>()[i];
    return result;
  }

 private:
  LogisticOptions limits_;
};

class TipHead : public FewShotHead {
 public:
  TipHead() {
    settings_.push_back({0, 1});
    for (const double alpha : {0.5, 1.0, 2.0, 3.5, 6.0, 10.0}) {
      for (const double beta : {1.0, 2.0, 3.5, 5.5, 8.0, 12.0}) settings_.push_back({alpha, beta});
    }
  }
  std::string name() const override { return "Tip-Adapter"; }
  std::string what() const override {
    return "zero-shot logits plus how near the shots of a class are; nothing is trained";
  }
  int num_settings() const override { return static_cast<int>(settings_.size()); }
  int default_setting() const override { return 10; }  // alpha 1, beta 5.5: the authors'
  std::string setting(int index) const override {
    const Setting& s = settings_[static_cast<size_t>(index)];
    return s.alpha == 0 ? "zero-shot" : concat("alpha ", s.alpha, ", beta ", s.beta);
  }
  Tensor scores(const FewShotPictures& shots, const FewShotPictures& others, int index) const override {
    const Setting s = settings_[static_cast<size_t>(index)];
    Tensor result = Tensor::copy_of(others.zero_shot);
    if (s.alpha == 0) return result;
    parallel_for(result.shape()[0], [&](int64_t i) {
      const auto picture = others.unit.row<float>(i);
      const auto row = result.row<double>(i);
      for (size_t shot = 0; shot < shots.classes.size(); ++shot) {
        const auto key = shots.unit.row<float>(static_cast<int64_t>(shot));
        float cosine = 0;
        for (size_t d = 0; d < key.size(); ++d) cosine += picture[d] * key[d];
        row[static_cast<size_t>(shots.classes[shot])] +=
            s.alpha * std::exp(-s.beta * (1 - static_cast<double>(cosine)));
      }
    });
    return result;
  }

 private:
  struct Setting {
    double alpha, beta;
  };
  std::vector<Setting> settings_;
};

// Rows of the pictures, and what views of them need to live.
struct Part {
  Tensor plain, unit, zero_shot;
  FewShotPictures pictures;
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

Part part_of(const FewShotPictures& all, const std::vector<int64_t>& which) {
  Part part{
      rows_of<float>(all.plain, which), rows_of<float>(all.unit, which), rows_of<double>(all.zero_shot, which), {}};
  part.pictures = {part.plain, part.unit, part.zero_shot, {}};
  for (const int64_t row : which) part.pictures.classes.push_back(all.classes[static_cast<size_t>(row)]);
  return part;
}

}  // namespace

std::unique_ptr<FewShotHead> make_plain_head(LogisticOptions limits) {
  return std::make_unique<PlainHead>(std::move(limits));
}
std::unique_ptr<FewShotHead> make_text_head(LogisticOptions limits) {
  return std::make_unique<TextHead>(std::move(limits));
}
std::unique_ptr<FewShotHead> make_tip_head() {
  return std::make_unique<TipHead>();
}

int choose_setting(const FewShotHead& head, const FewShotPictures& shots,
                   const std::function<double(TensorView scores, const std::vector<int32_t>& classes)>& score) {
  std::map<int32_t, int> count;
  std::vector<int> place;  // of each picture among those of its class
  for (const int32_t label : shots.classes) place.push_back(count[label]++);
  int folds = kMaxFolds;
  for (const auto& [label, shots_of] : count) folds = std::min(folds, shots_of);
  if (folds < 2) return head.default_setting();
  std::vector<double> sums(static_cast<size_t>(head.num_settings()), 0);
  const bool many = std::all_of(count.begin(), count.end(), [](const auto& of) { return of.second > kManyShots; });
  for (int fold = 0; fold < (many ? 1 : folds); ++fold) {
    std::vector<int64_t> kept, held;
    for (size_t i = 0; i < place.size(); ++i)
      (place[i] % folds == fold ? held : kept).push_back(static_cast<int64_t>(i));
    const Part learn = part_of(shots, kept), check = part_of(shots, held);
    for (int setting = 0; setting < head.num_settings(); ++setting) {
      sums[static_cast<size_t>(setting)] +=
          score(head.scores(learn.pictures, check.pictures, setting), check.pictures.classes);
    }
  }
  return static_cast<int>(std::max_element(sums.begin(), sums.end()) - sums.begin());
}

}  // namespace clipkit
