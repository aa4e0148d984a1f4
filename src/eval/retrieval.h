#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "ops/backend.h"

namespace clipkit {

// Where the first right answer stands among all, counted from 1; 0 for a picture without a caption.
struct RetrievalRanks {
  std::vector<int64_t> image_to_text;  // of each picture, that of its best caption
  std::vector<int64_t> text_to_image;  // of each caption, that of its picture
};

// Ranks among N pictures and M captions of which each belongs to one picture: images (N, E) and texts (M, E),
// normalised, on the host; image_of_text (M). Exact: all are compared with all. Of equal similarities the one with the
// lower index comes first, so that a model which says the same of everything scores no better than chance; a
// similarity that is NaN is worse than any other, and makes the rank the last where no right one is a number. Memory: a
// block of the matrix and some numbers for each row. between: called now and then with the part that is done; may
// throw. On the compute thread. Errors: kInvalidArgument for a caption of a picture that is not there.
RetrievalRanks retrieval_ranks(Backend& backend, TensorView images, TensorView texts,
                               std::span<const int64_t> image_of_text,
                               const std::function<void(double done)>& between = {});

struct RetrievalRecall {
  int64_t num_queries = 0;                                    // with a right answer
  double recall_at_1 = 0, recall_at_5 = 0, recall_at_10 = 0;  // parts of them
  double mean_rank = 0, median_rank = 0;                      // of two middles the upper
};
RetrievalRecall retrieval_recall(std::span<const int64_t> ranks);

}  // namespace clipkit
