#pragma once

#include <string>
#include <string_view>

namespace clipkit {

// Unicode normal form C by the pinned tables (Unicode 14.0): canonical decomposition, canonical order, composition.
std::u32string normalize_nfc(std::u32string_view text);

}  // namespace clipkit
