// layer: image
// Preprocessing of a JPEG to 224 x 224 on one core, in its parts, beside libjpeg alone. The pictures are made here: a
// smooth scene with noise, quality 85, chroma halved both ways. With CLIPKIT_BENCH_KEEP=FOLDER they are also written
// there, for preprocess_pillow.py.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include <jpeglib.h>

#include "base/compute_thread.h"
#include "base/concat.h"
#include "base/file_writer.h"
#include "base/parallel.h"
#include "clipkit/preprocess.h"
#include "image/resize.h"
#include "made_jpeg.h"

namespace clipkit {
namespace {

const std::string& jpeg_file(int width, int height) {
  static std::map<int, std::string> files;
  std::string& file = files[width];
  if (file.empty()) {
    file = encode_jpeg(width, height);
    if (const char* folder = std::getenv("CLIPKIT_BENCH_KEEP")) {
      write_file(std::filesystem::path(folder) / concat("scene_", width, "x", height, ".jpg"), file);
    }
  }
  return file;
}

std::span<const std::byte> bytes_of(const std::string& file) {
  return std::as_bytes(std::span(file.data(), file.size()));
}

void libjpeg_alone(benchmark::State& state) {
  const int width = static_cast<int>(state.range(0)), height = static_cast<int>(state.range(1));
  const std::string& file = jpeg_file(width, height);
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (auto _ : state) {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
    jpeg_read_header(&jpeg, TRUE);
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
      JSAMPROW row = pixels.data() + size_t{jpeg.output_scanline} * static_cast<size_t>(width) * 3;
      jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    benchmark::DoNotOptimize(pixels.data());
  }
}

void decode(benchmark::State& state) {
  const std::string& file = jpeg_file(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(decode_image(bytes_of(file), "scene"));
}

void resize_and_crop(benchmark::State& state) {
  const std::string& file = jpeg_file(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const Image image = decode_image(bytes_of(file), "scene");
  for (auto _ : state) benchmark::DoNotOptimize(resize_and_crop(image, PreprocessConfig()));
}

// The whole resized picture, as Pillow's resize() makes it, and not only the crop.
void resize_whole(benchmark::State& state) {
  const std::string& file = jpeg_file(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const Image image = decode_image(bytes_of(file), "scene");
  const int64_t width = int64_t{224} * image.width / image.height;
  for (auto _ : state) {
    benchmark::DoNotOptimize(resize(image, width, 224, Interpolation::kBicubic, {0, 0, width, 224}));
  }
}

void resize_rgba(benchmark::State& state) {
  Image image;
  image.mode = ImageMode::kRgba;
  image.width = static_cast<int>(state.range(0));
  image.height = static_cast<int>(state.range(1));
  image.pixels = scene(image.width, image.height, 4);
  for (auto _ : state) benchmark::DoNotOptimize(resize_and_crop(image, PreprocessConfig()));
}

void normalize(benchmark::State& state) {
  Image crop;
  crop.width = crop.height = 224;
  crop.pixels = scene(224, 224, 3);
  std::vector<float> out(3 * 224 * 224);
  for (auto _ : state) {
    normalize(crop, PreprocessConfig(), out);
    benchmark::DoNotOptimize(out.data());
  }
}

// From the file's bytes to the tensor.
void whole(benchmark::State& state) {
  const std::string& file = jpeg_file(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  run_on_compute_thread([] { set_num_compute_threads(1); });
  for (auto _ : state) {
    const Image image = decode_image(bytes_of(file), "scene");
    benchmark::DoNotOptimize(preprocess(std::span(&image, 1), PreprocessConfig()));
  }
  run_on_compute_thread([] { set_num_compute_threads(0); });
}

#define CLIPKIT_JPEG_BENCHMARK(function) \
  BENCHMARK(function)->Args({640, 480})->Args({3000, 2000})->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()
CLIPKIT_JPEG_BENCHMARK(libjpeg_alone);
CLIPKIT_JPEG_BENCHMARK(decode);
CLIPKIT_JPEG_BENCHMARK(resize_and_crop);
CLIPKIT_JPEG_BENCHMARK(resize_whole);
CLIPKIT_JPEG_BENCHMARK(resize_rgba);
CLIPKIT_JPEG_BENCHMARK(whole);
BENCHMARK(normalize)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace clipkit
