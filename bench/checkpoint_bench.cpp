// layer: checkpoint
// Opening a checkpoint of ViT-B/32's shapes in float32 (302 tensors, 605 MB): from the path to tensors under OpenAI
// names. Nothing but the header is read, so the file is made without its data (sparse). Under Hugging Face's names a
// third of it is joined or transposed, and therefore copied.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "base/concat.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "checkpoint/checkpoint.h"

namespace clipkit {
namespace {

// Names and shapes of ViT-B/32 (models.md section 8).
std::map<std::string, std::vector<int64_t>> vit_b_32() {
  std::map<std::string, std::vector<int64_t>> shapes = {{"positional_embedding", {77, 512}},
                                                        {"text_projection", {512, 512}},
                                                        {"logit_scale", {}},
                                                        {"token_embedding.weight", {49408, 512}},
                                                        {"ln_final.weight", {512}},
                                                        {"ln_final.bias", {512}},
                                                        {"visual.class_embedding", {768}},
                                                        {"visual.positional_embedding", {50, 768}},
                                                        {"visual.proj", {768, 512}},
                                                        {"visual.conv1.weight", {768, 3, 32, 32}},
                                                        {"visual.ln_pre.weight", {768}},
                                                        {"visual.ln_pre.bias", {768}},
                                                        {"visual.ln_post.weight", {768}},
                                                        {"visual.ln_post.bias", {768}}};
  for (const auto& [tower, width] : {std::pair<std::string, int64_t>{"", 512}, {"visual.", 768}}) {
    for (int layer = 0; layer < 12; ++layer) {
      const std::string block = concat(tower, "transformer.resblocks.", layer, ".");
      shapes[block + "attn.in_proj_weight"] = {3 * width, width};
      shapes[block + "attn.in_proj_bias"] = {3 * width};
      shapes[block + "attn.out_proj.weight"] = {width, width};
      shapes[block + "mlp.c_fc.weight"] = {4 * width, width};
      shapes[block + "mlp.c_fc.bias"] = {4 * width};
      shapes[block + "mlp.c_proj.weight"] = {width, 4 * width};
      for (const char* vector :
           {"attn.out_proj.bias", "mlp.c_proj.bias", "ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"}) {
        shapes[block + vector] = {width};
      }
    }
  }
  return shapes;
}

// Writes the header and lets the file end where the data would.
std::filesystem::path sparse_file(Naming naming) {
  Json header;
  uint64_t position = 0;
  for (const auto& [openai, shape] : vit_b_32()) {
    const std::vector<PartName> stored = from_openai_name(openai, naming);
    for (const PartName& part : stored) {
      std::vector<int64_t> sizes = shape;
      if (stored.size() > 1) sizes[0] /= static_cast<int64_t>(stored.size());
      if (part.part == Part::kTransposed) std::swap(sizes[0], sizes[1]);
      uint64_t bytes = 4;
      for (const int64_t size : sizes) bytes *= static_cast<uint64_t>(size);
      header[part.name] = {{"dtype", "F32"}, {"shape", sizes}, {"data_offsets", {position, position + bytes}}};
      position += bytes;
    }
  }
  std::string text = header.dump();
  text.resize((text.size() + 8 + 63) / 64 * 64 - 8, ' ');
  const uint64_t length = text.size();
  const auto path = std::filesystem::temp_directory_path() /
                    concat("clipkit_checkpoint_bench_", static_cast<int>(naming), ".safetensors");
  write_file(path, std::string(reinterpret_cast<const char*>(&length), 8) + text);
  std::filesystem::resize_file(path, 8 + length + position);
  return path;
}

void open(benchmark::State& state, Naming naming) {
  const auto path = sparse_file(naming);
  for (auto _ : state) benchmark::DoNotOptimize(open_checkpoint(path).tensors.size());
  state.counters["file_MB"] = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  std::filesystem::remove(path);
}
BENCHMARK_CAPTURE(open, openai_names, Naming::kOpenAi)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(open, hugging_face_names, Naming::kHuggingFace)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clipkit
