#include "base/concat.h"
#include "transfer/few_shot_heads.h"
#include "transfer/fine_tuner.h"

namespace clipkit {

namespace {

// Settings are how much of the fine-tuned weights there is in the average.
class FineTunedHead : public FewShotHead {
 public:
  explicit FineTunedHead(FineTuner& tuner) : tuner_(tuner) {}
  std::string name() const override { return "fine-tuned"; }
  std::string what() const override {
    return "both towers fine-tuned on the shots, with prompts as captions and the contrastive loss (FLYP)";
  }
  int num_settings() const override { return 1; }
  int default_setting() const override { return 0; }
  bool holds_zero_shot() const override { return false; }
  std::string setting(int) const override { return "alpha 1"; }
  void try_settings(const FewShotPictures& shots, const FewShotPictures& others, std::span<const int> settings,
                    const Use& use) const override {
    for (const int setting : settings) {
      const double alpha = alpha_of(setting);
      if (alpha > 0) tuner_.train(shots);
      use(setting, alpha > 0 ? tuner_.logits(others, alpha) : Tensor::copy_of(others.zero_shot));
    }
  }

 protected:
  virtual double alpha_of(int) const { return 1; }

 private:
  FineTuner& tuner_;
};

class WiseFtHead : public FineTunedHead {
 public:
  using FineTunedHead::FineTunedHead;
  std::string name() const override { return "WiSE-FT"; }
  std::string what() const override { return "the weights of zero-shot and of the fine-tuned towers, averaged"; }
  int num_settings() const override { return static_cast<int>(std::size(kAlphas)); }
  int default_setting() const override { return 2; }  // a half: the authors' where nothing is known
  bool holds_zero_shot() const override { return true; }
  std::string setting(int index) const override { return index == 0 ? "zero-shot" : concat("alpha ", kAlphas[index]); }

 protected:
  double alpha_of(int setting) const override { return kAlphas[setting]; }

 private:
  static constexpr double kAlphas[] = {0, 0.25, 0.5, 0.75, 1};
};

}  // namespace

std::unique_ptr<FewShotHead> make_fine_tuned_head(FineTuner& tuner) {
  return std::make_unique<FineTunedHead>(tuner);
}
std::unique_ptr<FewShotHead> make_wise_ft_head(FineTuner& tuner) {
  return std::make_unique<WiseFtHead>(tuner);
}

}  // namespace clipkit
