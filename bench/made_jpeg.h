#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE and size_t before it
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>

// Pictures for benchmarks that nobody has to download.

namespace clipkit {

// A smooth scene with noise.
inline std::vector<uint8_t> scene(int width, int height, int channels) {
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels));
  uint32_t noise = 1;
  size_t i = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        noise = noise * 1664525u + 1013904223u;
        const double wave = std::sin(x * 0.021 * (c + 1)) * std::cos(y * 0.017) + 0.3 * std::sin(x * 0.2 + y * 0.31);
        pixels[i++] = static_cast<uint8_t>(128 + 80 * wave + static_cast<double>(noise >> 28));
      }
    }
  }
  return pixels;
}

// Quality 85, chroma halved both ways.
inline std::string encode_jpeg(int width, int height) {
  std::vector<uint8_t> pixels = scene(width, height, 3);
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long bytes = 0;
  jpeg_mem_dest(&jpeg, &memory, &bytes);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 85, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = pixels.data() + size_t{jpeg.next_scanline} * static_cast<size_t>(width) * 3;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string file(reinterpret_cast<const char*>(memory), bytes);
  std::free(memory);
  return file;
}

}  // namespace clipkit
