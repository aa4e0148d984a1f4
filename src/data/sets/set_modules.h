#pragma once

#include <cstddef>
#include <cstdint>

// What the modules clipkit_hdf5 and clipkit_ffmpeg offer to the library: tables of plain functions, so
// that nothing but the reading of such a file loads those libraries. *_module.cpp are the other sides.
//
// Functions return 0, or -1 with the reason, cut to fit, in `error` (kClipkitErrorBytes of it).
extern "C" {

struct ClipkitHdf5Functions {
  uint32_t version;
  // Opens a data set of 8-bit numbers of rank 1 to 8.
  int (*open)(const char* path, const char* name, void** data_set, int* rank, uint64_t* shape, char* error);
  // The entries [first, first + count) along the first axis. Not for two threads at a time, whichever the data set.
  int (*read)(void* data_set, uint64_t first, uint64_t count, uint8_t* to, char* error);
  void (*close)(void* data_set);
};

struct ClipkitFilmFunctions {
  uint32_t version;
  // Decodes the middle one of a film's frames, number n / 2 of n, as RGB of at most max_pixels. free_frame() frees it.
  int (*middle_frame)(const char* path, int64_t max_pixels, int* width, int* height, uint8_t** rgb, char* error);
  void (*free_frame)(uint8_t* rgb);
};
}

inline constexpr uint32_t kClipkitSetModuleVersion = 1;
inline constexpr size_t kClipkitErrorBytes = 256;
