#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/compact.h"
#include "clipkit/export.h"
#include "clipkit/precision.h"

// What a model is good for: zero-shot classification, linear probes and retrieval. docs/evaluation.md.

namespace clipkit {

struct EvalCallbacks {
  // Called now and then, one call at a time. what: "test features", ...
  std::function<void(std::string_view what, int64_t done, int64_t total)> progress{};
  std::function<bool()> stop{};  // true: Error(kCancelled) soon; features that are finished stay in the cache
};

// What every evaluation needs.
struct EvalInput {
  std::string model{};  // what load() takes; empty: the model that comes with clipkit
  std::string device = "cpu";
  Precision precision = Precision::kFloat32;
  int threads = 0;  // 0: as many as processors. Results do not depend on it

  std::string data{};   // "cifar10:/data/cifar-10-batches-bin", a folder of class folders, a .csv; docs/data_sets.md
  std::string split{};  // the one to score; empty: the set's test split

  // Where features of pictures and texts are kept, in files that are checked against model and pictures when they are
  // read: docs/evaluation.md. Empty: cache_folder()/features. Nothing is kept without use_cache.
  std::filesystem::path cache{};
  bool use_cache = true;

  int resamples = 1000;   // of the bootstrap; 0: no intervals
  std::string command{};  // that asked for it; stands in the report
};

// A number with the interval in which 95 % of the bootstrap's resamples lie; NaN where it was not asked for.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

// Where numbers come from: what has to be the same for them to come out again.
struct EvalOrigin {
  struct Unreadable {
    std::string picture{}, reason{};
  };
  std::string version{};  // of clipkit
  std::string command{};
  std::string model{}, model_sha256{};  // the digest of all weights and the architecture
  std::string precision{}, layer{};     // "fp32"; "features" or "before-projection"
  std::string data{}, title{}, split{}, note{};
  std::string data_sha256{};     // of the names, labels and files of all pictures, in order
  std::string prompts_sha256{};  // of each class's texts, in order; empty for captions, which the data's covers
  int64_t pictures = 0, classes = 0;
  int64_t cut_texts = 0;                 // prompts or captions longer than the model's context, whose ends were cut off
  std::vector<Unreadable> unreadable{};  // left out of all numbers; of splits that are learnt from, after "SPLIT: "
};

// How well scores of classes fit the pictures' labels.
struct ClassificationScores {
  struct OfClass {
    std::string name{};
    int64_t pictures = 0;
    double accuracy = 0;              // the part of them that was put first, NaN without pictures
    double average_precision_11 = 0;  // NaN without pictures
    int64_t most_confused = -1;       // the class that most of the others were taken for; -1: none
  };
  struct Bin {
    int64_t count = 0;
    double confidence = 0, accuracy = 0;
  };
  struct Confusion {
    int32_t right, predicted;
    int64_t count;
  };
  std::string metric{};  // the one the set is scored with: "accuracy", "mean_per_class", ...
  Estimate score{};      // by that metric
  Estimate top1{}, top5{}, mean_per_class{};
  double map_11 = 0, map = 0;       // means over the classes of average precision, 11-point and of all points
  std::optional<double> roc_auc{};  // of two classes
  double calibration_error = 0;     // expected, 15 bins
  std::vector<Bin> calibration{};
  std::vector<OfClass> classes{};
  std::vector<Confusion> confusions{};  // all pairs that occur, by right and predicted class
};

// One fold of a set that has several.
struct FoldScore {
  std::string train_split{}, test_split{};  // train_split: empty where nothing is learnt
  std::string test_sha256{};                // of its test pictures, as EvalOrigin::data_sha256
  double score = 0;                         // by the set's metric
  std::optional<double> lambda{};           // of a linear probe
};

struct ZeroShotOptions {
  EvalInput input{};
  std::vector<std::string> templates{};                 // instead of the set's; each with {}
  std::vector<std::vector<std::string>> class_names{};  // instead of the set's: the names of each class, in its order
  // A JSON file with sentences for each class instead of templates, {"class name": ["sentence", ...], ...} (CuPL, Pratt
  // et al. 2023), or an array of arrays in the order of the classes.
  std::filesystem::path prompts{};
  int num_mistakes = 24;  // the surest wrong answers that are kept, with their pictures
};

struct ZeroShotResult {
  struct Mistake {
    std::string picture{}, file{};  // its name; a picture file, at most 256 px
    int32_t right = 0, predicted = 0;
    double probability_right = 0, probability_predicted = 0;
  };
  EvalOrigin origin{};
  std::vector<std::string> templates{};  // empty if each class has prompts of its own
  int64_t prompts = 0;                   // texts that were encoded
  double logit_scale = 0;                // of the probabilities
  ClassificationScores scores{};
  std::vector<Mistake> mistakes{};  // surest first
  // Of a set with several test splits all of them, where no split is named: UCF101's three. The score is their mean,
  // with the interval of Student's t over them; everything else is of the first.
  std::vector<FoldScore> folds{};
  Estimate over_folds{};
};

// Which features a probe is fitted on.
enum class ProbeLayer {
  kPaper,  // of a ViT before the projection, of a ResNet the attention pool's output (CLIP, appendix A)
  kBeforeProjection,
  kFeatures,
};

struct ProbeOptions {
  EvalInput input{};
  ProbeLayer layer = ProbeLayer::kPaper;
  std::string train_split{}, validation_split{};  // empty: the set's; without a validation split a fifth of training
  std::optional<double> lambda{};                 // instead of the search
  int max_iterations = 1000;
};

struct ProbeResult {
  struct Trial {
    double lambda = 0, score = 0;  // by the set's metric, of the validation pictures
    int iterations = 0;
  };
  // Of a set with several folds all of them, where no split is named: UCF101's three, STL-10's ten. The score is their
  // mean, with the interval of Student's t over them; everything else is of the first.
  std::vector<FoldScore> folds{};
  Estimate over_folds{};
  EvalOrigin origin{};  // of the test pictures
  std::string train_sha256{}, validation_sha256{};
  std::string train_split{}, validation_split{};
  int64_t train_pictures = 0, validation_pictures = 0, width = 0;
  std::vector<Trial> trials{};  // of the search, in the order in which they were made
  double lambda = 0;
  int iterations = 0;
  std::string ended{};  // "gradient", "objective", "iterations" or "precision"
  ClassificationScores scores{};
};

// What learns from few labelled pictures. docs/evaluation.md.
enum class FewShotMethod : uint8_t {
  kProbe,        // the linear probe, which knows nothing of texts
  kTipAdapter,   // Tip-Adapter (Zhang et al. 2022), without training
  kTipAdapterF,  // Tip-Adapter-F, with trained keys
  kTextBlended,  // a probe that starts from the texts' weights
  kWiseFt,       // fine-tuned towers, averaged with those of zero-shot (Wortsman et al. 2022)
  kFineTuned,    // the same as they come out
};

// Of kWiseFt and kFineTuned.
struct FineTuning {
  double lr = 1e-5, weight_decay = 0.1;
  int epochs = 10;
  int batch_size = 64;  // pictures at most, each of another class
};

// How good few labelled pictures are: heads fitted on so many of each class, drawn anew for each seed.
struct FewShotOptions {
  ProbeOptions probe{};                       // its validation split and lambda are not used
  std::vector<int> shots = {1, 2, 4, 8, 16};  // of each class; 0: all there are
  int seeds = 3;
  std::vector<std::string> templates{};  // instead of the set's, for the text weights
  // Those that fine-tune take long: every one of a draw's held-out folds is a training run.
  std::vector<FewShotMethod> methods = {FewShotMethod::kProbe, FewShotMethod::kTipAdapter, FewShotMethod::kTipAdapterF,
                                        FewShotMethod::kTextBlended};
  FineTuning fine_tuning{};
};

struct FewShotResult {
  struct Point {
    int shots = 0;                      // 0: all
    double mean = 0;                    // of the set's metric over the draws
    double low = 0, high = 0;           // 95 %, by Student's t over the draws; NaN for one
    std::vector<double> scores{};       // of each seed, of one fold after the other
    std::vector<std::string> chosen{};  // what each draw's held-out shots chose: "lambda 1", "alpha 1, beta 5.5"
  };
  struct Head {
    std::string name{}, what{};
    std::vector<Point> points{};
  };
  EvalOrigin origin{};  // of the test pictures
  std::string train_sha256{}, metric{};
  std::vector<std::string> templates{};
  double zero_shot = 0;
  // Of a set with several folds all of them, where no split is named, with their zero-shot scores, of which zero_shot
  // is the mean. The heads' means are over the seeds of all folds; everything else is of the first.
  std::vector<FoldScore> folds{};
  std::vector<Head> heads{};
  std::optional<FineTuning> fine_tuning{};  // of the heads that fine-tune, if there are any
};

struct RetrievalOptions {
  EvalInput input{};          // data: flickr30k:, flickr8k: or mscoco: and a folder with Karpathy's list; or any pairs
  std::string prompt = "{}";  // what a caption is put into; CLIP's own numbers have "a photo of {}"
  Compact stored = Compact::kFloat32;  // what both sides' embeddings are rounded to before they are compared
};

struct RetrievalScores {
  int64_t queries = 0;
  Estimate recall_at_1{}, recall_at_5{}, recall_at_10{};
  double median_rank = 0, mean_rank = 0;
};

struct RetrievalResult {
  EvalOrigin origin{};
  std::string prompt{};
  Compact stored = Compact::kFloat32;
  int64_t captions = 0;
  RetrievalScores image_to_text{}, text_to_image{};
};

// Each of these encodes what the cache does not have, and scores it. Errors: as of load() and of opening the data;
// kInvalidArgument (templates without {}, other numbers of names than classes, no training split, a class with fewer
// pictures than shots), kCorrupt (no picture can be read), kCancelled.
CLIPKIT_API ZeroShotResult evaluate_zero_shot(const ZeroShotOptions& options, const EvalCallbacks& callbacks = {});
CLIPKIT_API ProbeResult evaluate_probe(const ProbeOptions& options, const EvalCallbacks& callbacks = {});
CLIPKIT_API FewShotResult evaluate_few_shot(const FewShotOptions& options, const EvalCallbacks& callbacks = {});
CLIPKIT_API RetrievalResult evaluate_retrieval(const RetrievalOptions& options, const EvalCallbacks& callbacks = {});

// The digest of the model that results name (EvalOrigin::model_sha256), without running it. Errors: as of load().
CLIPKIT_API std::string model_sha256(const EvalInput& input);

// One JSON object.
CLIPKIT_API std::string to_json(const ZeroShotResult& result);
CLIPKIT_API std::string to_json(const ProbeResult& result);
CLIPKIT_API std::string to_json(const FewShotResult& result);
CLIPKIT_API std::string to_json(const RetrievalResult& result);

// A folder with index.html, a page in one file, and result.json. Errors: kIo.
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const ZeroShotResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const ProbeResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const FewShotResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const RetrievalResult& result);

}  // namespace clipkit
