#include "checkpoint/rename.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/quote.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

Tensor share(const Tensor& tensor) {
  return {tensor.view(), tensor.owner()};
}

template <class Bits>
void transpose_elements(const Bits* from, Bits* to, int64_t rows, int64_t columns) {
  constexpr int64_t kTile = 32;  // both sides of a tile stay in the first-level cache
  for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
    for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
      for (int64_t r = r0; r < std::min(r0 + kTile, rows); ++r) {
        for (int64_t c = c0; c < std::min(c0 + kTile, columns); ++c) to[c * rows + r] = from[r * columns + c];
      }
    }
  }
}

Tensor transposed(const Tensor& tensor, const std::string& name, std::string_view place) {
  if (tensor.shape().rank() != 2) {
    fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " has shape ", to_string(tensor.shape()),
         ", expected a matrix");
  }
  const int64_t rows = tensor.shape()[0], columns = tensor.shape()[1];
  Tensor result = Tensor::empty({columns, rows}, tensor.dtype());
  const void* from = tensor.view().raw();
  void* to = result.view().raw();
  switch (size_bytes(tensor.dtype())) {
    case 1:
      transpose_elements(static_cast<const uint8_t*>(from), static_cast<uint8_t*>(to), rows, columns);
      break;
    case 2:
      transpose_elements(static_cast<const uint16_t*>(from), static_cast<uint16_t*>(to), rows, columns);
      break;
    case 4:
      transpose_elements(static_cast<const uint32_t*>(from), static_cast<uint32_t*>(to), rows, columns);
      break;
    default:
      transpose_elements(static_cast<const uint64_t*>(from), static_cast<uint64_t*>(to), rows, columns);
      break;
  }
  return result;
}

// Query, key and value of one attention layer, as far as they were met.
using Parts = std::array<StateDict::const_iterator, 3>;

// Their rows one after the other.
Tensor joined(const Parts& parts, const std::string& canonical, std::string_view place) {
  constexpr int64_t kMaxRows = int64_t{1} << 40;
  const Tensor& query = parts[0]->second;
  bool same_type = true;
  for (const auto& part : parts) {
    const Tensor& tensor = part->second;
    if (tensor.shape().rank() == 0 || tensor.shape() != query.shape() || tensor.shape()[0] > kMaxRows) {
      fail(ErrorCode::kCorrupt, place, ": tensor ", quote(part->first), " has shape ", to_string(tensor.shape()), ", ",
           quote(parts[0]->first), " has ", to_string(query.shape()), ": they cannot be joined to ", quote(canonical));
    }
    same_type = same_type && tensor.dtype() == query.dtype();
  }
  std::vector<int64_t> sizes(query.shape().sizes().begin(), query.shape().sizes().end());
  sizes[0] *= 3;
  Tensor result = Tensor::empty(Shape(sizes), same_type ? query.dtype() : DType::kFloat32);
  auto* to = static_cast<std::byte*>(result.view().raw());
  for (const auto& part : parts) {
    const Tensor same = to_dtype(part->second, result.dtype());
    if (same.view().bytes() > 0) std::memcpy(to, same.view().raw(), same.view().bytes());
    to += same.view().bytes();
  }
  return result;
}

}  // namespace

Renamed rename_to_openai(const StateDict& stored, Naming from, std::string_view place) {
  Renamed result;
  std::map<std::string, TensorOrigin> origins;
  std::map<std::string, Parts> attention;
  for (auto it = stored.begin(); it != stored.end(); ++it) {
    if (is_no_part_of_model(it->first)) {
      result.ignored.push_back(it->first);
      continue;
    }
    const auto [canonical, part] = to_openai_name(it->first, from);
    if (part == Part::kWhole || part == Part::kTransposed) {
      Tensor tensor = part == Part::kWhole ? share(it->second) : transposed(it->second, it->first, place);
      if (!result.tensors.emplace(canonical, std::move(tensor)).second) {
        fail(ErrorCode::kCorrupt, place, ": ", quote(it->first), " and ", quote(origins[canonical].sources[0]),
             " are both ", quote(canonical));
      }
      origins[canonical] = {canonical, {it->first}, part == Part::kTransposed};
    } else {
      Parts& parts = attention.try_emplace(canonical, Parts{stored.end(), stored.end(), stored.end()}).first->second;
      parts[part == Part::kQuery ? 0 : part == Part::kKey ? 1 : 2] = it;
    }
  }
  for (const auto& [canonical, parts] : attention) {
    TensorOrigin origin{canonical, {}};
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] == stored.end()) {
        fail(ErrorCode::kCorrupt, place, ": the ", std::array{"query", "key", "value"}[i], " of ", quote(canonical),
             " is missing");
      }
      origin.sources.push_back(parts[i]->first);
    }
    if (!result.tensors.emplace(canonical, joined(parts, canonical, place)).second) {
      fail(ErrorCode::kCorrupt, place, ": ", quote(canonical), " is there both whole and in parts");
    }
    origins[canonical] = std::move(origin);
  }
  for (auto& [canonical, origin] : origins) result.origins.push_back(std::move(origin));
  return result;
}

StateDict rename_tensors(const StateDict& openai, Naming to) {
  if (to == Naming::kGguf) fail(ErrorCode::kUnsupported, "tensors under clip.cpp's names are read and not written");
  StateDict result;
  for (const auto& [name, tensor] : openai) {
    const std::vector<PartName> stored = from_openai_name(name, to);
    if (stored.empty()) {
      fail(ErrorCode::kUnsupported, "tensor ", quote(name), " has no name in the ", to_string(to),
           " layout, which knows ViT towers only");
    }
    if (stored.size() == 1) {
      const auto& [stored_name, part] = stored[0];
      result.emplace(stored_name, part == Part::kWhole ? share(tensor) : transposed(tensor, name, "renaming"));
      continue;
    }
    const int64_t rows = tensor.shape().rank() > 0 ? tensor.shape()[0] : 0;
    if (rows % 3 != 0 || tensor.shape().rank() == 0) {
      fail(ErrorCode::kCorrupt, "tensor ", quote(name), " has shape ", to_string(tensor.shape()),
           ", expected a multiple of 3 rows (query, key, value)");
    }
    for (size_t i = 0; i < stored.size(); ++i) {
      const int64_t begin = rows / 3 * static_cast<int64_t>(i);
      result.emplace(stored[i].name, Tensor(tensor.view().slice(begin, begin + rows / 3), tensor.owner()));
    }
  }
  return result;
}

}  // namespace clipkit
