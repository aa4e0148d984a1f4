#include "checkpoint/prepared.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/quote.h"

namespace clipkit {

namespace {

constexpr std::string_view kVersionKey = "clipkit.prepared", kVersion = "1";

struct LaidOutName {
  std::string_view weight, part, layout;
};

// Of "WEIGHT@PART:LAYOUT"; nothing for another name.
std::optional<LaidOutName> split_name(std::string_view name) {
  const size_t at = name.find('@'), colon = name.find(':', at);
  if (at == std::string_view::npos || colon == std::string_view::npos) return std::nullopt;
  return LaidOutName{name.substr(0, at), name.substr(at + 1, colon - at - 1), name.substr(colon + 1)};
}

const std::string& text_at(const std::map<std::string, std::string>& metadata, const std::string& key,
                           std::string_view place) {
  const auto found = metadata.find(key);
  if (found == metadata.end() || found->second.empty()) {
    fail(ErrorCode::kCorrupt, place, ": the metadata of a prepared checkpoint lack ", quote(key));
  }
  return found->second;
}

void check_words(const std::string& name, const Tensor& words, std::string_view place) {
  const bool fits = words.dtype() == DType::kUInt64 && words.shape().rank() == 1 && words.num_elements() > 0 &&
                    words.num_elements() % 8 == 0;
  if (!fits) {
    fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " has shape ", to_string(words.shape()), " of ",
         to_string(words.dtype()), ", expected a multiple of 8 words of uint64");
  }
  if (reinterpret_cast<uintptr_t>(words.view().raw()) % 64 != 0) {
    fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " does not begin at a multiple of 64 bytes");
  }
}

}  // namespace

std::map<std::string, std::string> to_metadata(const Preparation& preparation) {
  return {{std::string(kVersionKey), std::string(kVersion)},
          {"clipkit.source", preparation.source},
          {"clipkit.sha256", preparation.sha256},
          {"clipkit.precision", preparation.precision},
          {"clipkit.cpu", preparation.cpu},
          {"clipkit.version", preparation.clipkit},
          {"clipkit.fp16_weights", preparation.fp16_weights ? "true" : "false"}};
}

std::optional<Preparation> read_preparation(const StateDict& tensors,
                                            const std::map<std::string, std::string>& metadata,
                                            std::string_view place) {
  const auto version = metadata.find(std::string(kVersionKey));
  const bool is_prepared = version != metadata.end();
  if (is_prepared && version->second != kVersion) {
    fail(ErrorCode::kUnsupported, place, ": was prepared in version ", quote(version->second),
         " of the format, expected ", kVersion, "; prepare it again");
  }
  std::string_view weight;  // whose parts are being met: they are neighbours
  size_t parts = 0;
  for (const auto& [name, words] : tensors) {
    const auto found = split_name(name);
    if (!found) continue;
    if (!is_prepared)
      fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " is laid out, the metadata do not say so");
    if (found->weight != weight) parts = 0;
    weight = found->weight;
    if (found->part != std::to_string(parts) || found->layout.empty() || tensors.contains(weight)) {
      fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " is not part ", parts,
           " of a weight that is laid out");
    }
    check_words(name, words, place);
    ++parts;
  }
  if (!is_prepared) return std::nullopt;
  const auto text = [&](const char* key) { return text_at(metadata, key, place); };
  return Preparation{.source = text("clipkit.source"),
                     .sha256 = text("clipkit.sha256"),
                     .precision = text("clipkit.precision"),
                     .cpu = text("clipkit.cpu"),
                     .clipkit = text("clipkit.version"),
                     .fp16_weights = text("clipkit.fp16_weights") == "true"};
}

std::string laid_out_name(std::string_view name, size_t part, std::string_view layout) {
  return concat(name, '@', part, ':', layout);
}

std::vector<LaidOut> laid_out_parts(const StateDict& tensors, std::string_view name) {
  std::vector<LaidOut> parts;
  const std::string first = concat(name, '@');
  for (auto it = tensors.lower_bound(first); it != tensors.end() && it->first.starts_with(first); ++it) {
    parts.push_back({Tensor(it->second.view(), it->second.owner()), std::string(split_name(it->first)->layout)});
  }
  return parts;
}

}  // namespace clipkit
