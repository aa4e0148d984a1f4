#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "clipkit/evaluate.h"
#include "clipkit/export.h"

// How far a model's numbers can be believed. docs/evaluation.md, "Honest numbers".

namespace clipkit {

// How near-duplicates are told.
enum class OverlapDetector {
  kPixels,  // the picture's low frequencies: finds other sizes, compressions and slight crops, and needs no model
  kModel,   // the model's own image features: finds more, of a model that knows such pictures
};

struct OverlapOptions {
  EvalInput input{};                     // data: the test set
  std::vector<std::string> templates{};  // instead of the set's; each with {}
  std::string train_data{};   // pairs as clipkit data reads them, or a labelled set with its key before it: "tar:PATH"
  std::string train_split{};  // of a labelled set; empty: the one that the test set's fold is trained on
  OverlapDetector detector = OverlapDetector::kPixels;
  double threshold = 0;  // cosine from which a pair counts as one picture; 0: the detector's default
  int num_pairs = 24;    // pairs that the report shows, those nearest to the threshold; half of them on either side
};

// Zero-shot accuracy on the test pictures that the training data hold too, and on the others (CLIP, section 5).
struct OverlapResult {
  struct Part {
    int64_t pictures = 0, right = 0;
    double accuracy = 0;  // NaN without pictures
  };
  struct Pair {
    std::string test{}, train{};  // names; the training picture is the most similar one, the first of equal ones
    double cosine = 0;
    bool exact = false;     // the same bytes
    std::string picture{};  // a picture file: test picture left, training picture right; of pairs that are shown
  };
  struct Choice {
    double threshold = 0;
    Part overlap{}, clean{};
  };
  EvalOrigin origin{};
  std::vector<std::string> templates{};
  std::string train_data{}, train_split{}, train_sha256{};
  int64_t train_pictures = 0, train_unreadable = 0;
  std::string detector{};  // "pixels", "model"
  double threshold = 0;
  Part all{}, overlap{}, clean{};
  double contamination_effect = 0;           // accuracy on all less that on clean; NaN where nothing is clean
  double overlap_low = 0, overlap_high = 1;  // Clopper-Pearson interval of the accuracy on overlap, 99.5 %
  // The probability that as many of the overlap are right, or more, if they were no easier than the clean ones.
  double p_value = 1;
  int64_t exact = 0;     // test pictures of which the training data hold the very bytes
  int64_t doubtful = 0;  // of the others those within 0.05 of the threshold
  // Whether more than a twentieth are doubtful: then the threshold parts no copies from pictures that are merely alike.
  bool is_doubtful() const noexcept { return 20 * doubtful > all.pictures; }
  std::vector<Pair> pairs{};      // of all test pictures in the overlap, the most similar first
  std::vector<Pair> shown{};      // around the threshold, the most similar first
  std::vector<Choice> choices{};  // what other thresholds would have given
};

// Goes through the training data a chunk at a time: memory is that of the test set. Errors: as of evaluate_zero_shot
// and of opening the training data; kInvalidArgument for a threshold outside (0, 1].
CLIPKIT_API OverlapResult evaluate_overlap(const OverlapOptions& options, const EvalCallbacks& callbacks = {});

struct RobustnessOptions {
  EvalInput input{};                     // data: the set that models are made for, such as imagenet:PATH
  std::vector<std::string> shifts{};     // shifted versions of it: "imagenet_a:PATH", ...
  std::vector<std::string> templates{};  // instead of the sets'; each with {}
  // A table of other models (CSV), over which the line is fitted: columns "model", "reference" (or "imagenet") and
  // "shifted" with accuracies in percent, and "shift" with the name of the shifted set, if there are several. Empty:
  // none.
  std::filesystem::path baselines{};
  std::filesystem::path against{};  // result.json of another model's robustness on the same pictures; empty: none
};

// Accuracy under shift, and how much of it is not explained by accuracy without (Taori et al. 2020; CLIP, section 3.3).
struct RobustnessResult {
  struct Model {
    std::string name{};
    double reference = 0, shifted = 0;  // accuracies
  };
  struct Shift {
    std::string data{}, title{}, split{}, note{}, data_sha256{};
    int64_t pictures = 0, classes = 0;
    Estimate accuracy{};   // of top 1
    Estimate reference{};  // on the reference set, among the shifted set's classes alone
    bool same_classes =
        true;  // false: not all of them have their name in the reference set, whose classes are all used
    std::vector<Model> baselines{};
    // logit(shifted) = slope * logit(reference) + intercept over the baselines; NaN without them.
    double slope = 0, intercept = 0;
    double expected = 0;   // what the line says for this model's reference accuracy; NaN without baselines
    double effective = 0;  // effective robustness: accuracy less expected
    double relative = 0;   // relative robustness: accuracy less that of the other model; NaN without one
  };
  EvalOrigin origin{};  // of the reference set
  std::vector<std::string> templates{};
  std::string against{}, against_sha256{};  // the other model, and its digest
  Estimate accuracy{};                      // on all of the reference set
  std::vector<Shift> shifts{};
};

// Errors: as of evaluate_zero_shot, for any of the sets; kInvalidArgument without shifts; kCorrupt for tables that do
// not fit, and for another model's result on other pictures.
CLIPKIT_API RobustnessResult evaluate_robustness(const RobustnessOptions& options, const EvalCallbacks& callbacks = {});

struct TypographicOptions {
  EvalInput input{};
  std::vector<std::string> templates{};  // instead of the set's; each with {}
  uint64_t seed = 0;                     // of the words, their places and colours
  int num_pictures = 24;                 // that the report shows, of those whose answer became the word
};

// Zero-shot accuracy on the same pictures without and with the name of a wrong class written on each (Goh et al. 2021).
struct TypographicResult {
  struct Picture {
    std::string picture{}, file{};  // its name; a picture file, as the model sees it
    int32_t right = 0, written = 0;
    double probability_right = 0, probability_written = 0;  // with the word
  };
  EvalOrigin origin{};
  std::vector<std::string> templates{}, classes{};
  uint64_t seed = 0;
  Estimate before{}, after{};            // accuracy without and with the words
  Estimate word_before{}, word_after{};  // how often the answer is the class whose name is written, or will be
  Estimate fooled{};                     // of the pictures that are right without: how often it is, with the word
  std::vector<Picture> pictures{};       // whose right answer became the word, the surest first
};

// Words are written on the picture as the model sees it, so that they are as readable on small pictures and none is
// cropped away. Errors: as of evaluate_zero_shot; kInvalidArgument for a set of one class.
CLIPKIT_API TypographicResult evaluate_typographic(const TypographicOptions& options,
                                                   const EvalCallbacks& callbacks = {});

struct BiasOptions {
  EvalInput input{};                  // data: a .csv or .jsonl of pictures and the groups they belong to, as FairFace's
  std::filesystem::path labels{};     // a label a line, its category behind a TAB
  std::vector<std::string> groups{};  // columns of the list; empty: those of "age", "gender" and "race" that it has
  std::vector<std::string> templates = {"a photo of a {}."};
};

// How often pictures of each group get each label (CLIP, section 7.1).
struct BiasResult {
  struct Label {
    std::string name{}, category{};
  };
  struct Group {
    std::string name{};
    int64_t pictures = 0;
  };
  struct Row {
    std::string name{};  // of a category, or a label
    bool is_category = false;
    std::vector<Estimate> rates{};    // of each group, with Wilson's interval of 95 %
    double gap = 0;                   // the largest rate less the smallest
    int64_t highest = 0, lowest = 0;  // the groups that have them
  };
  struct Column {
    std::string name{};
    std::vector<Group> groups{};  // by name
    std::vector<Row> rows{};      // categories first, then labels, each in the order of the file
  };
  EvalOrigin origin{};
  std::vector<std::string> templates{};
  std::vector<Label> labels{};
  std::vector<Column> columns{};
};

// Each picture gets the one label that fits it best. Errors: as of evaluate_zero_shot; kInvalidArgument without labels;
// kCorrupt for a list without pictures or groups.
CLIPKIT_API BiasResult evaluate_bias(const BiasOptions& options, const EvalCallbacks& callbacks = {});

// One JSON object.
CLIPKIT_API std::string to_json(const OverlapResult& result);
CLIPKIT_API std::string to_json(const TypographicResult& result);
CLIPKIT_API std::string to_json(const BiasResult& result);
CLIPKIT_API std::string to_json(const RobustnessResult& result);

// A folder with index.html, a page in one file, and result.json. Errors: kIo.
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const OverlapResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const RobustnessResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const TypographicResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const BiasResult& result);

}  // namespace clipkit
