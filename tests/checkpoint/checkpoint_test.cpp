#include "checkpoint/checkpoint.h"

#include <map>

#include "base/concat.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/testing.h"
#include "checkpoint/zip_writer.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

using testing::error_of;
using testing::TemporaryFolder;

// Every tensor of found equals the float32 one, rounded to the type in which it is stored.
void expect_rounded(const StateDict& found, const StateDict& float32) {
  ASSERT_EQ(found.size(), float32.size());
  for (const auto& [name, tensor] : found) {
    SCOPED_TRACE(name);
    const auto expected = float32.find(name);
    ASSERT_NE(expected, float32.end());
    if (expected->second.dtype() == DType::kFloat32) {
      testing::expect_same(tensor, to_dtype(expected->second, tensor.dtype()), name);
    } else {
      testing::expect_same(tensor, expected->second, name);
    }
  }
}

StateDict shared(const StateDict& tensors) {
  StateDict result;
  for (const auto& [name, tensor] : tensors) result.emplace(name, Tensor(tensor.view(), tensor.owner()));
  return result;
}

// A small model under OpenAI names; values are made from the name, so that every tensor differs.
StateDict small_model() {
  StateDict tensors;
  const auto add = [&](const std::string& name, const Shape& shape) {
    Tensor tensor = Tensor::empty(shape);
    uint32_t seed = 1;
    for (const char c : name) seed = seed * 31 + static_cast<unsigned char>(c);
    for (float& value : tensor.span<float>())
      value = static_cast<float>((seed = seed * 1664525 + 1013904223) >> 8) * 0x1p-24f;
    tensors.emplace(name, std::move(tensor));
  };
  const auto add_tower = [&](const std::string& blocks, int64_t width) {
    for (const char* layer : {"0", "1"}) {
      const std::string block = blocks + layer + ".";
      add(block + "attn.in_proj_weight", {3 * width, width});
      add(block + "attn.in_proj_bias", {3 * width});
      add(block + "attn.out_proj.weight", {width, width});
      add(block + "attn.out_proj.bias", {width});
      add(block + "mlp.c_fc.weight", {4 * width, width});
      add(block + "mlp.c_fc.bias", {4 * width});
      add(block + "mlp.c_proj.weight", {width, 4 * width});
      add(block + "mlp.c_proj.bias", {width});
      for (const char* norm : {"ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"}) add(block + norm, {width});
    }
  };
  add_tower("transformer.resblocks.", 4);
  add_tower("visual.transformer.resblocks.", 6);
  add("positional_embedding", {7, 4});
  add("text_projection", {4, 5});
  add("logit_scale", {});
  add("token_embedding.weight", {11, 4});
  add("ln_final.weight", {4});
  add("ln_final.bias", {4});
  add("visual.class_embedding", {6});
  add("visual.positional_embedding", {5, 6});
  add("visual.proj", {6, 5});
  add("visual.conv1.weight", {6, 3, 2, 2});
  for (const char* norm : {"ln_pre.weight", "ln_pre.bias", "ln_post.weight", "ln_post.bias"})
    add(std::string("visual.") + norm, {6});
  return tensors;
}

struct GoldenModel {
  const char* file;
  const char* reference;
  Container container;
  Naming naming;
};

class GoldenCheckpoint : public ::testing::TestWithParam<GoldenModel> {};

TEST_P(GoldenCheckpoint, GivesTheTensorsOfTheReference) {
  CLIPKIT_GOLDEN_OR_SKIP(path, std::string("models/") + GetParam().file);
  CLIPKIT_GOLDEN_OR_SKIP(reference_path, std::string("models/") + GetParam().reference);
  const Checkpoint checkpoint = open_checkpoint(path);
  EXPECT_EQ(checkpoint.container, GetParam().container);
  EXPECT_EQ(checkpoint.naming, GetParam().naming);
  const Safetensors reference = read_safetensors(MappedFile::open(reference_path));
  StateDict expected = shared(reference.tensors);
  if (checkpoint.naming == Naming::kGguf) expected.erase("logit_scale");
  expect_rounded(checkpoint.tensors, expected);
  ASSERT_EQ(checkpoint.origins.size(), checkpoint.tensors.size());
  auto tensor = checkpoint.tensors.begin();
  for (const TensorOrigin& origin : checkpoint.origins) {
    EXPECT_EQ(origin.canonical, (tensor++)->first);
    for (const std::string& source : origin.sources) EXPECT_TRUE(checkpoint.raw.contains(source)) << source;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenCheckpoint,
    ::testing::Values(
        GoldenModel{"tiny-vit/model.safetensors", "tiny-vit/model.safetensors", Container::kSafetensors,
                    Naming::kOpenAi},
        GoldenModel{"tiny-vit/openai_jit_fp32.pt", "tiny-vit/model.safetensors", Container::kTorchScript,
                    Naming::kOpenAi},
        GoldenModel{"tiny-vit/openai_jit_fp16.pt", "tiny-vit/model.safetensors", Container::kTorchScript,
                    Naming::kOpenAi},
        GoldenModel{"tiny-vit/state_dict.pt", "tiny-vit/model.safetensors", Container::kTorchZip, Naming::kOpenAi},
        GoldenModel{"tiny-vit/hf", "tiny-vit/model.safetensors", Container::kSafetensors, Naming::kHuggingFace},
        GoldenModel{"tiny-vit/clip_cpp_f16.gguf", "tiny-vit/model.safetensors", Container::kGguf, Naming::kGguf},
        GoldenModel{"tiny-rn/model.safetensors", "tiny-rn/model.safetensors", Container::kSafetensors, Naming::kOpenAi},
        GoldenModel{"tiny-rn/openai_jit_fp16.pt", "tiny-rn/model.safetensors", Container::kTorchScript,
                    Naming::kOpenAi},
        GoldenModel{"tiny-openclip/open_clip_pytorch_model.bin", "tiny-openclip/open_clip_model.safetensors",
                    Container::kTorchZip, Naming::kOpenAi},
        GoldenModel{"tiny-openclip/epoch_3.pt", "tiny-openclip/open_clip_model.safetensors", Container::kTorchZip,
                    Naming::kOpenAi},
        GoldenModel{"tiny-openclip/custom_text.safetensors", "tiny-openclip/open_clip_model.safetensors",
                    Container::kSafetensors, Naming::kOpenClipCustomText},
        GoldenModel{"tiny-openclip", "tiny-openclip/open_clip_model.safetensors", Container::kSafetensors,
                    Naming::kOpenAi},
        GoldenModel{"tiny-openclip/hf", "tiny-openclip/open_clip_model.safetensors", Container::kSafetensors,
                    Naming::kHuggingFace}));

TEST(Checkpoint, PointsIntoTheFileWhereNothingIsJoinedOrTransposed) {
  for (const char* file : {"models/tiny-openclip/open_clip_model.safetensors", "models/tiny-openclip/epoch_3.pt",
                           "models/tiny-openclip/hf", "models/tiny-vit/openai_jit_fp16.pt"}) {
    SCOPED_TRACE(file);
    const auto path = testing::golden(file);
    if (path.empty()) continue;
    const Checkpoint checkpoint = open_checkpoint(path);
    for (const TensorOrigin& origin : checkpoint.origins) {
      const bool same = origin.sources.size() == 1 && !origin.transposed;
      EXPECT_EQ(checkpoint.tensors.at(origin.canonical).owner() == checkpoint.raw.at(origin.sources[0]).owner(), same)
          << origin.canonical;
    }
  }
}

TEST(Checkpoint, SaysWhatIsNoPartOfTheModel) {
  CLIPKIT_GOLDEN_OR_SKIP(jit, "models/tiny-vit/openai_jit_fp16.pt");
  EXPECT_EQ(open_checkpoint(jit).ignored,
            (std::vector<std::string>{"context_length", "input_resolution", "vocab_size"}));
  CLIPKIT_GOLDEN_OR_SKIP(hf, "models/tiny-vit/hf");
  EXPECT_EQ(open_checkpoint(hf).ignored,
            (std::vector<std::string>{"text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"}));
}

TEST(Checkpoint, IgnoresWhatReferenceFilesCarryBesideTheModel) {
  const std::vector<std::string> extra = {"attn_mask", "context_length", "text_model.embeddings.position_ids"};
  StateDict stored = rename_tensors(small_model(), Naming::kHuggingFace);
  for (const std::string& name : extra) stored.emplace(name, Tensor::zeros({1}, DType::kInt64));
  const Renamed renamed = rename_to_openai(stored, Naming::kHuggingFace, "f");
  EXPECT_EQ(renamed.ignored, extra);
  testing::expect_same(renamed.tensors, small_model());
}

TEST(Checkpoint, JoinsQueryKeyValueInThisOrder) {
  const StateDict stored = rename_tensors(small_model(), Naming::kHuggingFace);
  for (const TensorOrigin& origin : rename_to_openai(stored, Naming::kHuggingFace, "f").origins) {
    if (origin.canonical != "visual.transformer.resblocks.1.attn.in_proj_bias") continue;
    const std::string layer = "vision_model.encoder.layers.1.self_attn.";
    EXPECT_EQ(origin.sources,
              (std::vector<std::string>{layer + "q_proj.bias", layer + "k_proj.bias", layer + "v_proj.bias"}));
  }
}

TEST(Checkpoint, PicksUpConfigurationsWhereTheyBelong) {
  CLIPKIT_GOLDEN_OR_SKIP(open_clip, "models/tiny-openclip");
  CLIPKIT_GOLDEN_OR_SKIP(hf, "models/tiny-openclip/hf");
  for (const auto& path : {open_clip, open_clip / "open_clip_model.safetensors", open_clip / "epoch_3.pt",
                           open_clip / "custom_text.safetensors"}) {
    if (!std::filesystem::exists(path)) continue;
    const Checkpoint checkpoint = open_checkpoint(path);
    EXPECT_TRUE(checkpoint.open_clip_config.contains("model_cfg")) << path;
    EXPECT_TRUE(checkpoint.hf_config.is_null()) << path;
  }
  for (const auto& path : {hf, hf / "model.safetensors"}) {
    const Checkpoint checkpoint = open_checkpoint(path);
    EXPECT_EQ(checkpoint.hf_config["model_type"], "clip") << path;
    EXPECT_TRUE(checkpoint.hf_preprocessor.is_object()) << path;
    EXPECT_TRUE(checkpoint.open_clip_config.is_null()) << path;
    EXPECT_TRUE(checkpoint.vocab_json.empty()) << path;
  }
}

TEST(Checkpoint, GgufCarriesItsMetadataAndNoTemperature) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-vit/clip_cpp_f16.gguf");
  const Checkpoint checkpoint = open_checkpoint(path);
  EXPECT_EQ(checkpoint.gguf_metadata["general.architecture"], "clip");
  EXPECT_EQ(checkpoint.gguf_metadata["clip.vision.patch_size"], 8);
  EXPECT_EQ(checkpoint.gguf_metadata["tokenizer.ggml.tokens"].size(), 512u);
  EXPECT_EQ(checkpoint.gguf_metadata["clip.use_gelu"], false);
  EXPECT_FALSE(checkpoint.tensors.contains("logit_scale"));
}

TEST(Checkpoint, EveryNamingThatIsWrittenIsReadBack) {
  const StateDict model = small_model();
  for (const Naming naming : {Naming::kOpenAi, Naming::kOpenClipCustomText, Naming::kHuggingFace}) {
    for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBFloat16}) {
      SCOPED_TRACE(concat(to_string(naming), " ", to_string(dtype)));
      StateDict converted;
      for (const auto& [name, tensor] : model) converted.emplace(name, to_dtype(tensor, dtype));
      TemporaryFolder folder;
      write_safetensors(folder / "model.safetensors", rename_tensors(converted, naming));
      const Checkpoint back = open_checkpoint(folder / "model.safetensors");
      EXPECT_EQ(back.naming, naming);
      testing::expect_same(back.tensors, converted);
    }
  }
}

TEST(Checkpoint, ReadsASingleTower) {
  StateDict tower;
  for (auto& [name, tensor] : small_model()) {
    if (name.starts_with("visual.")) tower.emplace(name, Tensor(tensor.view(), tensor.owner()));
  }
  TemporaryFolder folder;
  write_safetensors(folder / "model.safetensors", rename_tensors(tower, Naming::kHuggingFace));
  testing::expect_same(open_checkpoint(folder / "model.safetensors").tensors, tower);
}

TEST(Checkpoint, DropsWhatWrappersPutBeforeNames) {
  const StateDict model = small_model();
  for (const std::string prefix : {"module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model."}) {
    StateDict wrapped;
    for (const auto& [name, tensor] : model) wrapped.emplace(prefix + name, Tensor(tensor.view(), tensor.owner()));
    TemporaryFolder folder;
    write_safetensors(folder / "model.safetensors", wrapped);
    const Checkpoint checkpoint = open_checkpoint(folder / "model.safetensors");
    testing::expect_same(checkpoint.tensors, model);
    testing::expect_same(checkpoint.raw, model);
  }
}

TEST(Checkpoint, KeepsNamesThatNoRuleKnows) {
  StateDict model = small_model();
  model.emplace("visual.head.weight", Tensor::zeros({2}));
  TemporaryFolder folder;
  write_safetensors(folder / "model.safetensors", model);
  EXPECT_TRUE(open_checkpoint(folder / "model.safetensors").tensors.contains("visual.head.weight"));
}

TEST(Checkpoint, RefusesToRenameAResNetForHuggingFace) {
  StateDict model = small_model();
  model.emplace("visual.layer1.0.conv1.weight", Tensor::zeros({2, 2, 1, 1}));
  const auto caught = error_of([&] { rename_tensors(model, Naming::kHuggingFace); });
  EXPECT_EQ(caught.code, ErrorCode::kUnsupported);
  EXPECT_NE(caught.message.find("visual.layer1.0.conv1.weight"), std::string::npos);
  EXPECT_EQ(error_of([&] { rename_tensors(model, Naming::kGguf); }).code, ErrorCode::kUnsupported);
}

TEST(Checkpoint, RefusesAttentionWithoutAllOfQueryKeyValue) {
  StateDict stored = rename_tensors(small_model(), Naming::kHuggingFace);
  const std::string key = "text_model.encoder.layers.0.self_attn.k_proj.weight";
  stored.erase(key);
  EXPECT_EQ(error_of([&] { rename_to_openai(stored, Naming::kHuggingFace, "f"); }).message,
            "f: the key of \"transformer.resblocks.0.attn.in_proj_weight\" is missing");
  stored.emplace(key, Tensor::zeros({4, 5}));
  EXPECT_EQ(error_of([&] { rename_to_openai(stored, Naming::kHuggingFace, "f"); }).code, ErrorCode::kCorrupt);
}

TEST(Checkpoint, JoinsAttentionStoredInSeveralTypesAsFloat32) {
  StateDict stored;
  const std::string attention = "vision_model.encoder.layers.0.self_attn.";
  stored.emplace(attention + "q_proj.bias", Tensor::zeros({2}, DType::kFloat16));
  stored.emplace(attention + "k_proj.bias", Tensor::zeros({2}, DType::kFloat32));
  stored.emplace(attention + "v_proj.bias", Tensor::zeros({2}, DType::kBFloat16));
  const Renamed renamed = rename_to_openai(stored, Naming::kHuggingFace, "f");
  EXPECT_EQ(renamed.tensors.at("visual.transformer.resblocks.0.attn.in_proj_bias").dtype(), DType::kFloat32);
}

TEST(Checkpoint, RefusesProjectionsThatAreNoMatrix) {
  StateDict stored;
  stored.emplace("visual_projection.weight", Tensor::zeros({2}));
  EXPECT_EQ(error_of([&] { rename_to_openai(stored, Naming::kHuggingFace, "f"); }).message,
            "f: tensor \"visual_projection.weight\" has shape [2], expected a matrix");
}

// Writes a model split into two files with an index.
void write_split(const TemporaryFolder& folder, const StateDict& model, Json& weight_map) {
  StateDict parts[2];
  for (const auto& [name, tensor] : model) {
    const size_t part = weight_map.size() % 2;
    weight_map[name] = concat("model-0000", part + 1, "-of-00002.safetensors");
    parts[part].emplace(name, Tensor(tensor.view(), tensor.owner()));
  }
  for (size_t i = 0; i < 2; ++i)
    write_safetensors(folder / concat("model-0000", i + 1, "-of-00002.safetensors"), parts[i]);
  write_file(folder / "model.safetensors.index.json",
             Json{{"metadata", {{"total_size", 1}}}, {"weight_map", weight_map}}.dump());
}

TEST(Checkpoint, ReadsSeveralFilesWithAnIndex) {
  const StateDict model = small_model();
  TemporaryFolder folder;
  Json weight_map;
  write_split(folder, model, weight_map);
  for (const auto& path : {folder.path(), folder / "model.safetensors.index.json"}) {
    const Checkpoint checkpoint = open_checkpoint(path);
    EXPECT_EQ(checkpoint.files.size(), 2u);
    testing::expect_same(checkpoint.tensors, model);
  }
}

TEST(Checkpoint, RefusesAnIndexThatLies) {
  const StateDict model = small_model();
  TemporaryFolder folder;
  Json weight_map;
  write_split(folder, model, weight_map);
  const auto refused = [&](const Json& index) {
    write_file(folder / "model.safetensors.index.json", index.dump());
    return error_of([&] { open_checkpoint(folder.path()); });
  };
  Json moved = weight_map;
  moved["logit_scale"] = moved["ln_final.bias"];
  if (moved["logit_scale"] == weight_map["logit_scale"]) moved["logit_scale"] = moved["ln_final.weight"];
  EXPECT_EQ(refused({{"weight_map", moved}}).code, ErrorCode::kCorrupt);
  Json missing_file = weight_map;
  missing_file["logit_scale"] = "other.safetensors";
  EXPECT_EQ(refused({{"weight_map", missing_file}}).code, ErrorCode::kNotFound);
  for (const char* outside : {"../model.safetensors", "/etc/passwd", "..", "", "."}) {
    Json escaping = weight_map;
    escaping["logit_scale"] = outside;
    EXPECT_EQ(refused({{"weight_map", escaping}}).code, ErrorCode::kCorrupt) << outside;
  }
  EXPECT_EQ(refused({{"weight_map", Json::object()}}).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refused({{"weight_map", {{"logit_scale", 1}}}}).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refused(Json::array()).code, ErrorCode::kCorrupt);
}

TEST(Checkpoint, RefusesATensorInTwoFiles) {
  TemporaryFolder folder;
  StateDict one;
  one.emplace("visual.proj", Tensor::zeros({1, 1}));
  write_safetensors(folder / "a", one);
  write_safetensors(folder / "b", one);
  write_file(folder / "model.safetensors.index.json", R"({"weight_map":{"visual.proj":"a","logit_scale":"b"}})");
  EXPECT_NE(error_of([&] { open_checkpoint(folder.path()); }).message.find("is also in a"), std::string::npos);
}

TEST(Checkpoint, PrefersOpenClipFilesInAFolder) {
  TemporaryFolder folder;
  StateDict first, second;
  first.emplace("visual.proj", Tensor::zeros({1, 1}));
  second.emplace("visual.proj", Tensor::zeros({2, 2}));
  write_safetensors(folder / "model.safetensors", second);
  write_safetensors(folder / "open_clip_model.safetensors", first);
  EXPECT_EQ(open_checkpoint(folder.path()).tensors.at("visual.proj").shape(), (Shape{1, 1}));
}

TEST(Checkpoint, TakesTheOnlyCheckpointOfAFolder) {
  TemporaryFolder folder;
  StateDict model;
  model.emplace("visual.proj", Tensor::zeros({1, 1}));
  write_safetensors(folder / "epoch_7.safetensors", model);
  EXPECT_EQ(open_checkpoint(folder.path()).files.at(0).filename(), "epoch_7.safetensors");
  write_safetensors(folder / "epoch_8.safetensors", model);
  EXPECT_EQ(error_of([&] { open_checkpoint(folder.path()); }).code, ErrorCode::kNotFound);
}

TEST(Checkpoint, TakesAConfigurationBesideAFileOnlyForItsOwnNaming) {
  TemporaryFolder folder;
  write_safetensors(folder / "open_clip.safetensors", rename_tensors(small_model(), Naming::kOpenClipCustomText));
  write_safetensors(folder / "hugging_face.safetensors", rename_tensors(small_model(), Naming::kHuggingFace));
  const std::string attributes =
      testing::dict({{"logit_scale", testing::tensor(testing::storage("FloatStorage", "0", 1), 0, {}, {})},
                     {"visual.proj", testing::tensor(testing::storage("FloatStorage", "0", 1), 0, {1, 1}, {1, 1})}});
  write_file(folder / "archive.pt",
             testing::torch_file(testing::global("__torch__.clip", "CLIP") + ")\x81" + attributes + "b", {"1234"}));
  write_file(folder / "open_clip_config.json", R"({"model_cfg":{}})");
  write_file(folder / "config.json", R"({"model_type":"clip"})");
  const Checkpoint open_clip = open_checkpoint(folder / "open_clip.safetensors");
  EXPECT_TRUE(open_clip.open_clip_config.is_object());
  EXPECT_TRUE(open_clip.hf_config.is_null());
  const Checkpoint hugging_face = open_checkpoint(folder / "hugging_face.safetensors");
  EXPECT_TRUE(hugging_face.open_clip_config.is_null());
  EXPECT_TRUE(hugging_face.hf_config.is_object());
  const Checkpoint archive = open_checkpoint(folder / "archive.pt");
  EXPECT_EQ(archive.container, Container::kTorchScript);
  EXPECT_TRUE(archive.open_clip_config.is_null()) << "OpenAI's own archives need no configuration";
  write_file(folder / "open_clip_config.json", "{");
  EXPECT_EQ(error_of([&] { open_checkpoint(folder / "open_clip.safetensors"); }).code, ErrorCode::kCorrupt);
}

TEST(Checkpoint, TakesTheConfigurationOfTheTensorsFromAFolderWithTwo) {
  TemporaryFolder folder;
  write_file(folder / "open_clip_config.json", R"({"model_cfg":{}})");
  write_file(folder / "config.json", R"({"model_type":"clip"})");
  write_safetensors(folder / "model.safetensors", rename_tensors(small_model(), Naming::kHuggingFace));
  EXPECT_TRUE(open_checkpoint(folder.path()).open_clip_config.is_null());
  EXPECT_TRUE(open_checkpoint(folder.path()).hf_config.is_object());
  write_safetensors(folder / "open_clip_model.safetensors", small_model());
  EXPECT_TRUE(open_checkpoint(folder.path()).open_clip_config.is_object());
}

TEST(Checkpoint, FindsTheTokenizerOfAHuggingFaceFolder) {
  TemporaryFolder folder;
  write_safetensors(folder / "model.safetensors", rename_tensors(small_model(), Naming::kHuggingFace));
  write_file(folder / "vocab.json", "{}");
  EXPECT_TRUE(open_checkpoint(folder.path()).vocab_json.empty()) << "one file without the other";
  write_file(folder / "merges.txt", "");
  write_file(folder / "tokenizer.json", "{}");
  EXPECT_EQ(open_checkpoint(folder.path()).vocab_json, folder / "vocab.json");
  EXPECT_EQ(open_checkpoint(folder.path()).merges_txt, folder / "merges.txt");
  EXPECT_EQ(open_checkpoint(folder.path()).tokenizer_json, folder / "tokenizer.json");
  // Beside a single file only if config.json says that this is a CLIP model's folder.
  EXPECT_TRUE(open_checkpoint(folder / "model.safetensors").vocab_json.empty());
  write_file(folder / "config.json", R"({"model_type":"bert"})");
  EXPECT_TRUE(open_checkpoint(folder / "model.safetensors").vocab_json.empty());
  write_file(folder / "config.json", R"({"model_type":"clip"})");
  EXPECT_FALSE(open_checkpoint(folder / "model.safetensors").vocab_json.empty());
}

TEST(Checkpoint, SaysWhatIsWrongWithAPath) {
  TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { open_checkpoint(folder / "nothing.pt"); }).code, ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { open_checkpoint(folder.path()); }).code, ErrorCode::kNotFound);
  write_file(folder / "empty.pt", "");
  EXPECT_EQ(error_of([&] { open_checkpoint(folder / "empty.pt"); }).code, ErrorCode::kCorrupt);
  write_file(folder / "text.pt", "hello, world");
  EXPECT_EQ(error_of([&] { open_checkpoint(folder / "text.pt"); }).code, ErrorCode::kUnsupported);
}

TEST(Checkpoint, RefusesTensorsOfSomethingElse) {
  TemporaryFolder folder;
  StateDict tensors;
  tensors.emplace("bert.encoder.weight", Tensor::zeros({1}));
  write_safetensors(folder / "f", tensors);
  EXPECT_NE(error_of([&] { open_checkpoint(folder / "f"); }).message.find("\"bert.encoder.weight\""),
            std::string::npos);
  write_safetensors(folder / "f", {});
  EXPECT_EQ(error_of([&] { open_checkpoint(folder / "f"); }).code, ErrorCode::kUnsupported);
}

TEST(Checkpoint, RefusesAModelWithElementsThatItCannotRepresent) {
  TemporaryFolder folder;
  const std::string header = R"({"visual.proj":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[0,1]}})";
  const uint64_t length = header.size();
  write_file(folder / "f", std::string(reinterpret_cast<const char*>(&length), 8) + header + "x");
  const auto caught = error_of([&] { open_checkpoint(folder / "f"); });
  EXPECT_EQ(caught.code, ErrorCode::kUnsupported);
  EXPECT_NE(caught.message.find("\"visual.proj\" cannot be read: its elements are of type F8_E4M3"), std::string::npos)
      << caught.message;
}

TEST(Checkpoint, TellsKindsOfFilesApartWhateverLengthAHeaderHas) {
  // Lengths whose first byte is that of a pickle (0x80), and whose first bytes are those of a zip archive.
  for (const uint64_t length : {uint64_t{0x80}, uint64_t{0x180}, uint64_t{0x04034b50}}) {
    std::string header = R"({"visual.proj":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
    header.resize(length, ' ');
    const std::string file = std::string(reinterpret_cast<const char*>(&length), 8) + header + "x";
    EXPECT_EQ(read_stored_tensors(testing::memory_source(file)).container, Container::kSafetensors) << length;
  }
}

TEST(Checkpoint, ReadsRenamedFilesByTheirContent) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-openclip/open_clip_pytorch_model.bin");
  TemporaryFolder folder;
  std::filesystem::copy_file(path, folder / "model.safetensors");
  EXPECT_EQ(open_checkpoint(folder / "model.safetensors").container, Container::kTorchZip);
}

}  // namespace
}  // namespace clipkit
