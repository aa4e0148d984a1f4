#pragma once

#include <filesystem>
#include <memory>

#include "clipkit/evaluate.h"
#include "data/pair_source.h"
#include "eval/encoder.h"

namespace clipkit {

// "flickr30k:PATH", "flickr8k:PATH", "mscoco:PATH" or "karpathy:PATH": a split (test if empty) of Karpathy's list; any
// other spec: all pairs of open_pairs(). Errors: as of those; kInvalidArgument for a split of other pairs.
std::unique_ptr<PairSource> open_retrieval_pairs(const std::string& spec, const std::string& split);

// Retrieval among all pictures and captions. Captions that stand under one picture belong to it alone. Not on the
// compute thread. Errors: as of evaluate_retrieval.
RetrievalResult run_retrieval(const RetrievalOptions& options, const PairSource& pairs, const Encoder& encoder,
                              const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks);

}  // namespace clipkit
