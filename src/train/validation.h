#pragma once

#include <vector>

#include "data/pair_loader.h"
#include "eval/retrieval.h"
#include "model/clip.h"

namespace clipkit {

// Zero-shot classification: which classes there are, and what the classifier looks for.
struct ValidationClasses {
  std::vector<std::string> names;
  Tensor classifier;               // (classes, E) normalised, of the model that is measured
  std::vector<int64_t> of_sample;  // the class of each sample of the source, -1: none of them
};
struct ZeroShotAccuracy {
  int64_t num_pictures = 0;  // that belong to a class
  double top_1 = 0, top_5 = 0;
};

struct ValidationResult {
  int64_t num_pictures = 0, num_captions = 0;
  double loss = 0;  // contrastive, each picture with its first caption, mean over batches
  RetrievalRecall image_to_text, text_to_image;
  ZeroShotAccuracy zero_shot;  // where classes are given
  // For each picture, the captions nearest to it and how near: rows of the loader's order.
  struct Match {
    int64_t caption;
    float similarity;
  };
  std::vector<std::vector<Match>> best_captions;
  std::vector<int64_t> samples;       // of each picture, in the source
  std::vector<int64_t> caption_rows;  // the picture that each caption belongs to
};

// Runs the model, prepared and perhaps in training, over all of the loader's pairs, which is no training loader.
ValidationResult validate(const Context& c, const Clip& model, PairLoader& pairs,
                          const ValidationClasses* classes = nullptr);

// The class of each sample: the name that is one of its captions, in any case. Errors: kInvalidArgument if no sample
// has one of the names for a caption.
std::vector<int64_t> classes_of(const PairSource& pairs, const std::vector<std::string>& names);

}  // namespace clipkit
