#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/evaluate.h"
#include "clipkit/export.h"

// "None of these": to tell pictures that no label fits. docs/evaluation.md.

namespace clipkit {

// How much a picture is one of the labels; larger is surer.
enum class RejectScore {
  kMcm,          // maximum concept matching: the largest softmax of cosines at temperature 1 (Ming et al. 2022)
  kProbability,  // the same at the model's own scale: the largest probability that classify prints
  kCosine,       // the largest cosine
  kNegLabel,     // share of the softmax that is not on words unlike all labels (Jiang et al. 2024)
};
CLIPKIT_API const char* to_string(RejectScore score) noexcept;  // "mcm", "probability", "cosine", "neglabel"

// When a picture is declined: its score is below the threshold.
struct RejectRule {
  RejectScore score = RejectScore::kNegLabel;
  double threshold = 0;
  // How it was calibrated, and for what: of new pictures of the same kind at least the part `coverage` is kept, on
  // average over calibrations (split conformal).
  double coverage = 0;
  int64_t pictures = 0, labels = 0;  // numbers of them
  std::string data{}, version{};     // of clipkit
  std::string model_sha256{};        // Model::sha256()
  std::string prompts_sha256{};      // of the labels' prompts
  std::string vocabulary_sha256{};   // of kNegLabel: of the words and the prompts they are put into
};

// A small JSON file: docs/formats/reject_rule.md. Errors: kNotFound, kIo, kCorrupt, kUnsupported (a later layout).
CLIPKIT_API RejectRule read_reject_rule(const std::filesystem::path& path);
CLIPKIT_API void write_reject_rule(const std::filesystem::path& path, const RejectRule& rule);

struct RejectOptions {
  EvalInput input{};                     // data: the pictures of known classes
  std::vector<std::string> templates{};  // instead of the set's
  // Where pictures come from that are none of the labels. One of:
  double hold_out = 0;          // so many classes, drawn anew `draws` times; below 1: so large a part of them
  std::string unknown{};        // another set, all of it; what input.data would be
  std::string unknown_split{};  // empty: its test split
  int draws = 5;
  double coverage = 0.95;                      // of known pictures that shall be kept
  RejectScore score = RejectScore::kNegLabel;  // of the rule
  int num_mistakes = 12;
};

struct RejectResult {
  // By one score. Estimates hold 95 %: of several draws by Student's t over them, of one by the bootstrap.
  struct OfScore {
    RejectScore score{};
    Estimate auroc{};                  // a known picture scores above an unknown one
    Estimate fpr95{};                  // part of the unknown that is kept if 95 % of the known are
    Estimate kept{}, declined{};       // of the half not calibrated on, and of the unknown, at the calibrated threshold
    std::vector<double> thresholds{};  // of each draw
    std::vector<double> curve{};  // part of the unknown kept if 0, 1/50, ..., 1 of the known are; mean of the draws
  };
  // Prediction sets: the labels whose probability is at least that which the right one had in `coverage` of the
  // calibration (LAC, Sadinle et al. 2019). Empty ones decline.
  struct Sets {
    Estimate covered{};        // sets of known pictures, not calibrated on, that have the right label
    Estimate size{};           // labels in them, mean
    Estimate empty{};          // of them
    Estimate empty_unknown{};  // of sets of unknown pictures
  };
  struct Draw {
    std::vector<std::string> held_out{};              // classes
    int64_t calibration = 0, known = 0, unknown = 0;  // pictures: calibrated on; those that the rates are of
  };
  struct Mistake {
    std::string picture{}, file{}, label{};  // its name; a picture file, at most 256 px; the nearest label
    double score = 0;
  };
  EvalOrigin origin{};                                            // of the known pictures
  std::string unknown_data{}, unknown_title{}, unknown_sha256{};  // of another set
  std::vector<std::string> templates{};
  double coverage = 0;
  int64_t words = 0;  // of the vocabulary
  std::vector<OfScore> scores{};
  Sets sets{};
  std::vector<Draw> draws{};
  std::vector<Mistake>
      mistakes{};     // unknown pictures of the first draw that look most like a label, by the rule's score
  RejectRule rule{};  // for all labels, calibrated on all known pictures
};

// How well pictures of no label are told from the others, by each score. Half of the known pictures calibrate the
// thresholds, the others and the unknown ones are scored. Errors: as of evaluate_zero_shot; kInvalidArgument (both or
// neither source of unknown pictures, fewer than two labels or no class held out).
CLIPKIT_API RejectResult evaluate_reject(const RejectOptions& options, const EvalCallbacks& callbacks = {});

CLIPKIT_API std::string to_json(const RejectResult& result);
CLIPKIT_API void write_eval_report(const std::filesystem::path& folder, const RejectResult& result);

}  // namespace clipkit
