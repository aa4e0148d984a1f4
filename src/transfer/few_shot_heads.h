#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "clipkit/tensor.h"
#include "data/labelled_set.h"
#include "transfer/logistic_regression.h"

namespace clipkit {

// Some pictures as heads see them. Borrowed.
struct FewShotPictures {
  TensorView plain;                // (N, D) float32: the features of the linear probe
  TensorView unit;                 // (N, E) float32: unit vectors, to compare with texts
  TensorView zero_shot;            // (N, C) float64: the zero-shot logits
  std::vector<int32_t> classes{};  // (N)
  // Where they are, for heads that look at the pictures themselves.
  const LabelledSet* set = nullptr;
  std::vector<int64_t> pictures{};  // (N) which of the set's
};

// Copies of some of them.
class FewShotRows {
 public:
  FewShotRows(const FewShotPictures& all, const std::vector<int64_t>& which);
  const FewShotPictures& pictures() const noexcept { return pictures_; }

 private:
  Tensor plain_, unit_, zero_shot_;
  FewShotPictures pictures_;
};

// A way of learning from few pictures, with one setting that is chosen on held-out ones. Settings are in the order from
// the one nearest to zero-shot, which wins ties.
class FewShotHead {
 public:
  virtual ~FewShotHead() = default;
  virtual std::string name() const = 0;
  virtual std::string what() const = 0;  // a sentence for reports
  virtual int num_settings() const = 0;
  virtual int default_setting() const = 0;               // where nothing can be held out
  virtual bool holds_zero_shot() const { return true; }  // as setting 0
  virtual std::string setting(int index) const = 0;
  // Learns from some and scores others, (M, C) float64, by each of the settings, in order. What they have in common is
  // computed once. On the compute thread.
  using Use = std::function<void(int setting, Tensor scores)>;
  virtual void try_settings(const FewShotPictures& shots, const FewShotPictures& others, std::span<const int> settings,
                            const Use& use) const = 0;
  // By one.
  Tensor scores(const FewShotPictures& shots, const FewShotPictures& others, int setting) const;
};

// The plain linear probe on a coarse grid of lambda: what falls below zero-shot for few shots (CLIP, figure 6).
// limits: its max_iterations and stop count, for each fit.
std::unique_ptr<FewShotHead> make_plain_head(LogisticOptions limits = {});
// Logistic regression whose weights start from, and are drawn towards, those of the texts: the logits are those of
// zero-shot plus V f, V penalised. In the limit of large lambda, which is one of the settings, it is zero-shot. (The
// blend of LP++, Huang et al. 2024, with one strength for all classes that is chosen and not learned.)
std::unique_ptr<FewShotHead> make_text_head(LogisticOptions limits = {});
// Tip-Adapter (Zhang et al. 2022), without training: zero-shot logits plus alpha times the sum, over the shots of a
// class, of exp(-beta (1 - cosine)). alpha = 0 is zero-shot.
std::unique_ptr<FewShotHead> make_tip_head();
// Tip-Adapter-F: the same with keys that are trained on the shots (transfer/tip_keys.h), then alpha and beta chosen.
std::unique_ptr<FewShotHead> make_trained_tip_head(std::function<bool()> stop = {});

class FineTuner;
// The towers themselves, fine-tuned on the shots (transfer/fine_tuner.h, borrowed): as they come out, and averaged with
// the weights of zero-shot (WiSE-FT, Wortsman et al. 2022).
std::unique_ptr<FewShotHead> make_fine_tuned_head(FineTuner& tuner);
std::unique_ptr<FewShotHead> make_wise_ft_head(FineTuner& tuner);

// zero_shot + factor * learned, (N, C) float64 each.
Tensor zero_shot_plus(const FewShotPictures& pictures, double factor, const Tensor& learned);

// The setting that scores best on shots held out in turn: of each class the i-th shot in fold i modulo 4, or the shots
// of the smallest class if it has fewer; with many shots of each class one fold is held out. Where a class has a
// single shot, a quarter of the classes is held out in turn: what the other classes' shots gain them cannot be measured
// so, but what they cost them can; the default setting is taken unless it scores worse than zero-shot there. score: of
// (M, C) logits and the classes of M pictures.
int choose_setting(const FewShotHead& head, const FewShotPictures& shots,
                   const std::function<double(TensorView scores, const std::vector<int32_t>& classes)>& score);

}  // namespace clipkit
