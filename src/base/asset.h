#pragma once

#include <string_view>

// The bytes of a file that was embedded with clipkit_embed(LAYER name FILE): CLIPKIT_ASSET(merges) is a string_view.
// Use at namespace scope once per name: CLIPKIT_DECLARE_ASSET(merges).
#define CLIPKIT_DECLARE_ASSET(name)                     \
  extern "C" const char clipkit_asset_##name##_begin[]; \
  extern "C" const char clipkit_asset_##name##_end[]
#define CLIPKIT_ASSET(name)                      \
  std::string_view(clipkit_asset_##name##_begin, \
                   static_cast<size_t>(clipkit_asset_##name##_end - clipkit_asset_##name##_begin))
