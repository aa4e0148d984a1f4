#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "clipkit/audit.h"
#include "eval/encoder.h"
#include "eval/grouped_pictures.h"

namespace clipkit {

// "label" or "label<TAB>category" a line. Errors: kCorrupt (no label, one that occurs twice).
std::vector<BiasResult::Label> parse_bias_labels(std::string_view text, std::string_view place);

// The rates of labels, given as an index for each picture, over the groups of one column.
BiasResult::Column rates_of(const std::string& column, const std::vector<std::string>& groups,
                            const std::vector<int32_t>& answers, const std::vector<BiasResult::Label>& labels);

struct BiasSets {
  GroupedPictures pictures{};
  std::vector<BiasResult::Label> labels{};
};
// Errors: as of read_grouped_pictures() and parse_bias_labels(); kInvalidArgument (no labels, a template without {}).
BiasSets open_bias_sets(const BiasOptions& options);

// Not on the compute thread. Errors: as of evaluate_bias.
BiasResult run_bias(const BiasOptions& options, const BiasSets& sets, const Encoder& encoder,
                    const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks);

}  // namespace clipkit
