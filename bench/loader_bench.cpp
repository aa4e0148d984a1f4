// layer: data
// Pairs a second through the loader on one core, beside libjpeg alone on the same files.
//   loader_bench [SOURCE] [--benchmark_format=json ...]
// SOURCE is what open_pairs() takes, its pictures JPEGs; without it, a shard of pictures of 500 x 375 made here.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include <jpeglib.h>

#include "base/concat.h"
#include "clipkit/error.h"
#include "data/pair_loader.h"
#include "data/tar_writer.h"
#include "made_jpeg.h"

namespace clipkit {
namespace {

std::shared_ptr<const PairSource> pairs;

std::shared_ptr<const PairSource> open_made_pairs() {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "clipkit_loader_bench.tar";
  TarWriter writer(path);
  const std::string picture = encode_jpeg(500, 375);
  for (int i = 0; i < 64; ++i) {
    writer.add(concat(i, ".jpg"), picture);
    writer.add(concat(i, ".txt"), "A man in a red jacket walks past the old lighthouse at sunset.");
  }
  writer.commit();
  return open_pairs(path.string());
}

// All pictures with libjpeg's own defaults, at 1 / range(0) of their size: the limit for whoever decodes JPEGs.
void libjpeg_alone(benchmark::State& state) {
  std::vector<std::string> files;
  for (int64_t i = 0; i < pairs->size(); ++i) files.push_back(pairs->read(i).picture);
  std::vector<uint8_t> row_memory;
  for (auto _ : state) {
    for (const std::string& file : files) {
      jpeg_decompress_struct jpeg{};
      jpeg_error_mgr errors;
      jpeg.err = jpeg_std_error(&errors);
      jpeg_create_decompress(&jpeg);
      jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
      jpeg_read_header(&jpeg, TRUE);
      jpeg.out_color_space = JCS_RGB;
      jpeg.scale_num = 1;
      jpeg.scale_denom = static_cast<unsigned>(state.range(0));
      jpeg_start_decompress(&jpeg);
      row_memory.resize(size_t{jpeg.output_width} * 3);
      JSAMPROW row = row_memory.data();
      while (jpeg.output_scanline < jpeg.output_height) jpeg_read_scanlines(&jpeg, &row, 1);
      jpeg_finish_decompress(&jpeg);
      jpeg_destroy_decompress(&jpeg);
    }
  }
  state.SetItemsProcessed(state.iterations() * pairs->size());
}

void read(benchmark::State& state) {
  for (auto _ : state) {
    for (int64_t i = 0; i < pairs->size(); ++i) benchmark::DoNotOptimize(pairs->read(i));
  }
  state.SetItemsProcessed(state.iterations() * pairs->size());
}

LoaderConfig config_of(const benchmark::State& state) {
  LoaderConfig config;
  config.sample.preprocess.width = config.sample.preprocess.height = static_cast<int>(state.range(0));
  config.sample.augment.decode_reserve = static_cast<double>(state.range(1));
  config.batch_size = std::min<int64_t>(64, pairs->size());
  return config;
}

// One sample after the other on this thread: read, decode, augment, tokenise.
void load(benchmark::State& state) {
  const SampleConfig config = config_of(state).sample;
  const SampleLoader loader(pairs, Tokenizer::clip(), config);
  std::vector<float> pixels(static_cast<size_t>(3 * config.preprocess.width * config.preprocess.height));
  std::vector<int32_t> tokens(static_cast<size_t>(config.context_length));
  int64_t position = 0;
  for (auto _ : state) {
    loader.load(0, position, pixels, tokens);
    position = (position + 1) % pairs->size();
  }
  state.SetItemsProcessed(state.iterations());
}

// The same through PairLoader, batch by batch. One thread: counted is the processor time of all threads; several: how
// much faster they are by the clock.
void loader(benchmark::State& state) {
  LoaderConfig config = config_of(state);
  config.num_threads = static_cast<int>(state.range(2));
  PairLoader loader(pairs, Tokenizer::clip(), config);
  for (int i = 0; i <= config.prefetch; ++i) loader.next();  // what was made before the clock began
  for (auto _ : state) benchmark::DoNotOptimize(loader.next());
  state.SetItemsProcessed(state.iterations() * config.batch_size);
}

BENCHMARK(libjpeg_alone)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Unit(benchmark::kMillisecond);
BENCHMARK(read)->Unit(benchmark::kMillisecond);
#define CLIPKIT_SIZES(function)                      \
  BENCHMARK(function)                                \
      ->ArgNames({"size", "decode_reserve"})         \
      ->ArgsProduct({{32, 64, 128, 224}, {0, 1, 2}}) \
      ->Unit(benchmark::kMillisecond)
CLIPKIT_SIZES(load);
#define CLIPKIT_LOADER() \
  BENCHMARK(loader)->ArgNames({"size", "decode_reserve", "threads"})->Unit(benchmark::kMillisecond)
CLIPKIT_LOADER()->Args({64, 2, 1})->Args({224, 2, 1})->MeasureProcessCPUTime();
CLIPKIT_LOADER()->Args({224, 2, 1})->Args({224, 2, 2})->UseRealTime();

}  // namespace
}  // namespace clipkit

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  clipkit::pairs = argc > 1 ? clipkit::open_pairs(argv[1]) : clipkit::open_made_pairs();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const clipkit::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
