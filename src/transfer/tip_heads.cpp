#include <array>
#include <cmath>

#include "base/concat.h"
#include "base/parallel.h"
#include "transfer/few_shot_heads.h"
#include "transfer/tip_keys.h"

namespace clipkit {

namespace {

// Setting 0 is zero-shot, then come all alphas with all betas.
class TipHead : public FewShotHead {
 public:
  std::string name() const override { return "Tip-Adapter"; }
  std::string what() const override {
    return "zero-shot logits plus how near the shots of a class are; nothing is trained";
  }
  int num_settings() const override { return 1 + static_cast<int>(std::size(kAlphas)) * kNumBetas; }
  int default_setting() const override { return 10; }  // alpha 1, beta 5.5: the authors'
  std::string setting(int index) const override {
    return index == 0 ? "zero-shot" : concat("alpha ", kAlphas[alpha_of(index)], ", beta ", kBetas[beta_of(index)]);
  }
  void try_settings(const FewShotPictures& shots, const FewShotPictures& others, std::span<const int> settings,
                    const Use& use) const override {
    bool wanted[kNumBetas] = {};
    for (const int setting : settings) {
      if (setting > 0) wanted[beta_of(setting)] = true;
    }
    const std::array<Tensor, kNumBetas> near = nearness(shots, others, wanted);
    for (const int setting : settings) {
      use(setting, setting == 0 ? Tensor::copy_of(others.zero_shot)
                                : zero_shot_plus(others, kAlphas[alpha_of(setting)], near[beta_of(setting)]));
    }
  }

 protected:
  // What the pictures are compared with: (S, E) float32, or the shots themselves if empty.
  virtual Tensor keys(const FewShotPictures&) const { return {}; }

 private:
  static constexpr double kAlphas[] = {0.5, 1.0, 2.0, 3.5, 6.0, 10.0}, kBetas[] = {1.0, 2.0, 3.5, 5.5, 8.0, 12.0};
  static constexpr int kNumBetas = static_cast<int>(std::size(kBetas));
  static size_t alpha_of(int setting) { return static_cast<size_t>((setting - 1) / kNumBetas); }
  static size_t beta_of(int setting) { return static_cast<size_t>((setting - 1) % kNumBetas); }

  // For each beta that is wanted, the sum over the shots of a class of exp(-beta (1 - cosine)): (M, C) float64. The
  // cosines, which cost most, are taken once.
  std::array<Tensor, kNumBetas> nearness(const FewShotPictures& shots, const FewShotPictures& others,
                                         const bool (&wanted)[kNumBetas]) const {
    std::array<Tensor, kNumBetas> sums;
    bool any = false;
    for (size_t b = 0; b < sums.size(); ++b) {
      if (wanted[b]) sums[b] = Tensor::zeros(others.zero_shot.shape(), DType::kFloat64);
      any = any || wanted[b];
    }
    if (!any) return sums;
    const Tensor learned = keys(shots);
    const TensorView compared = learned ? learned.view() : shots.unit;
    parallel_for(others.zero_shot.shape()[0], [&](int64_t i) {
      const auto picture = others.unit.row<float>(i);
      for (size_t shot = 0; shot < shots.classes.size(); ++shot) {
        const auto key = compared.row<float>(static_cast<int64_t>(shot));
        float cosine = 0;
        for (size_t d = 0; d < key.size(); ++d) cosine += picture[d] * key[d];
        const auto label = static_cast<size_t>(shots.classes[shot]);
        for (size_t b = 0; b < sums.size(); ++b) {
          if (wanted[b]) sums[b].row<double>(i)[label] += std::exp(-kBetas[b] * (1 - static_cast<double>(cosine)));
        }
      }
    });
    return sums;
  }
};

class TrainedTipHead : public TipHead {
 public:
  explicit TrainedTipHead(std::function<bool()> stop) : training_{.stop = std::move(stop)} {}
  std::string name() const override { return "Tip-Adapter-F"; }
  std::string what() const override {
    return "Tip-Adapter whose keys are trained, from the shots, by AdamW on the shots' cross-entropy";
  }

 protected:
  Tensor keys(const FewShotPictures& shots) const override { return train_tip_keys(shots, training_); }

 private:
  TipKeyTraining training_;
};

}  // namespace

Tensor zero_shot_plus(const FewShotPictures& pictures, double factor, const Tensor& learned) {
  Tensor result = Tensor::copy_of(pictures.zero_shot);
  for (int64_t i = 0; i < result.num_elements(); ++i) result.data<double>()[i] += factor * learned.data<double>()[i];
  return result;
}

std::unique_ptr<FewShotHead> make_tip_head() {
  return std::make_unique<TipHead>();
}
std::unique_ptr<FewShotHead> make_trained_tip_head(std::function<bool()> stop) {
  return std::make_unique<TrainedTipHead>(std::move(stop));
}

}  // namespace clipkit
