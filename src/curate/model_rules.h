#pragma once

#include <optional>
#include <vector>

#include "clipkit/curate.h"
#include "curate/drop.h"
#include "curate/pair_features.h"

namespace clipkit {

// The rules that hold a pair's features against its captions and against concepts. Features are unit vectors.
class ModelRules {
 public:
  // concepts: (C, E), one for each of options.drop_concepts. Borrowed: options.
  ModelRules(const FilterOptions& options, Tensor concepts) : options_(options), concepts_(std::move(concepts)) {}

  // What the pairs of a chunk lose, in order: pairs whose picture the model cannot take, captions that are too far from
  // the picture, pairs without any left, pairs whose picture is too near to a concept.
  std::vector<Drop> check(const PairFeatures& features) const;

 private:
  void check_pair(const PairFeatures& features, int64_t row, int64_t first_caption, int64_t end_caption,
                  std::vector<Drop>& drops) const;

  const FilterOptions& options_;
  const Tensor concepts_;
};

}  // namespace clipkit
