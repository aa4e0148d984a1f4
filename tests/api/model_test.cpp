#include "clipkit/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file_writer.h"
#include "clipkit/clipkit.h"
#include "support/golden.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Image grey_picture(int width, int height) {
  Image image{.mode = ImageMode::kGray, .width = width, .height = height};
  for (int i = 0; i < width * height; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 7));
  return image;
}

TEST(Model, EmojiIsTheModelInTheLibraryAndTheDefault) {
  const Model model = load();
  EXPECT_EQ(model.config().text.vocab_size, model.tokenizer()->vocab_size());
  const std::vector<std::string> texts = {"a rabbit", "a pizza"};
  const auto values_of = [&](const Model& any) {
    const Tensor features = any.encode_text(texts);
    return std::vector<float>(features.span<float>().begin(), features.span<float>().end());
  };
  EXPECT_EQ(values_of(model).size(), 2 * static_cast<size_t>(model.config().embed_dim));
  EXPECT_EQ(values_of(load("")), values_of(model));
  EXPECT_EQ(values_of(load("emoji")), values_of(model));
}

TEST(Model, EncodesPicturesAndTextsToTheEmbeddingSize) {
  const Model model = load("generated:mini-vit");
  EXPECT_EQ(model.encode_image({grey_picture(80, 60), grey_picture(33, 90)}).shape(), (Shape{2, 64}));
  EXPECT_EQ(model.encode_text({"a dog", "a cat", "a diagram"}).shape(), (Shape{3, 64}));
  EXPECT_EQ(model.encode_image({grey_picture(80, 60)}, Output::kBeforeProjection).shape(), (Shape{1, 128}));
  EXPECT_EQ(model.encode_image({grey_picture(80, 60)}, Output::kTokens).shape(), (Shape{1, 17, 128}));
  EXPECT_EQ(model.encode_text({"a dog"}, Output::kTokens).shape(), (Shape{1, 77, 128}));
  EXPECT_NEAR(model.logit_scale(), 100.0f, 1e-4);
}

TEST(Model, OfNothingIsEmpty) {
  const Model model = load("generated:mini-vit");
  EXPECT_EQ(model.encode_image(std::span<const Image>{}).shape(), (Shape{0, 64}));
  EXPECT_EQ(model.encode_text(std::span<const std::string>{}).shape(), (Shape{0, 64}));
}

TEST(Model, EncodesMorePicturesThanAreWorkedOnAtOnce) {
  const Model model = load("generated:mini-rn");
  std::vector<Image> images;
  for (int i = 0; i < 70; ++i) images.push_back(grey_picture(64 + i, 64));
  const Tensor all = model.encode_image(images);
  ASSERT_EQ(all.shape(), (Shape{70, 64}));
  const Tensor last = model.encode_image(std::span(images).last(1));
  EXPECT_EQ(std::vector<float>(all.row<float>(69).begin(), all.row<float>(69).end()),
            std::vector<float>(last.row<float>(0).begin(), last.row<float>(0).end()));
}

TEST(Model, GivesEachTowerAlone) {
  LoadOptions options;
  options.text_tower = false;
  const Model image = load("generated:mini-vit", options);
  EXPECT_EQ(image.encode_image({grey_picture(64, 64)}).shape(), (Shape{1, 64}));
  EXPECT_THAT(error_of([&] { image.encode_text({"a dog"}); }), HasSubstr("without its text tower"));
  options = {};
  options.image_tower = false;
  const Model text = load("generated:mini-vit", options);
  EXPECT_THAT(error_of([&] { text.encode_image({grey_picture(64, 64)}); }), HasSubstr("without its image tower"));
}

TEST(Model, RunsAtAnotherPictureAndTextSize) {
  for (const char* name : {"generated:mini-vit", "generated:mini-rn"}) {
    LoadOptions options;
    options.image_size = 96;
    options.context_length = 20;
    const Model model = load(name, options);
    EXPECT_EQ(model.config().image_size(), 96);
    EXPECT_EQ(model.encode_image({grey_picture(64, 64)}).shape(), (Shape{1, 64}));
    EXPECT_EQ(model.encode_text({"a dog"}).shape(), (Shape{1, 64}));
    EXPECT_THAT(error_of([&] {
                  model.encode_tokens(Tensor::zeros({1, 21}, DType::kInt32));
                }),
                HasSubstr("expected 1 to 20"));
  }
}

TEST(Model, RefusesTextsThatAreTooLongUnlessToldWhatToDo) {
  const Model model = load("generated:mini-vit");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word ";
  const std::vector<std::string> texts = {"short", text};
  EXPECT_NE(error_of([&] { model.encode_text(texts); }), "no error");
  EXPECT_EQ(model.encode_text(texts, Output::kFeatures, Overflow::kTruncate).shape(), (Shape{2, 64}));
  const Tensor windows = model.encode_text(texts, Output::kFeatures, Overflow::kWindows);
  EXPECT_EQ(windows.shape(), (Shape{2, 64}));
  testing::expect_close(windows.view().slice(0, 1), model.encode_text({"short"}), 0, 0, "a short text is one window");
}

TEST(Model, RefusesTextOnAVocabularyThatIsNotItsTokenizers) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-vit/model.safetensors");
  const Model model = load(path);
  EXPECT_THAT(error_of([&] { model.encode_text({"a dog"}); }), HasSubstr("512 tokens"));
}

TEST(Model, RefusesTokensAndPicturesOfTheWrongShape) {
  const Model model = load("generated:mini-vit");
  EXPECT_THAT(error_of([&] {
                model.encode_pixels(Tensor::zeros({1, 3, 32, 32}));
              }),
              HasSubstr("expected [1, 3, 64, 64]"));
  EXPECT_THAT(error_of([&] { model.encode_pixels(Tensor::zeros({3, 64, 64})); }), HasSubstr("[3, 64, 64]"));
  EXPECT_THAT(error_of([&] { model.encode_pixels(Tensor::zeros({1, 3, 64, 64}, DType::kUInt8)); }), HasSubstr("uint8"));
  Tensor tokens = Tensor::zeros({1, 77}, DType::kInt64);
  tokens.data<int64_t>()[3] = 49408;
  EXPECT_THAT(error_of([&] { model.encode_tokens(tokens); }), HasSubstr("49408"));
  tokens.data<int64_t>()[3] = -1;
  EXPECT_THAT(error_of([&] { model.encode_tokens(tokens); }), HasSubstr("-1"));
}

TEST(Model, AveragesPromptsAsThePaperDoes) {
  const Model model = load("generated:mini-vit");
  const std::vector<std::string> labels = {"dog", "cat"}, templates = {"a photo of a {}.", "a drawing of a {}."};
  const Tensor classifier = model.zero_shot_classifier(labels, templates);
  const Tensor each = normalize_rows(model.encode_text({"a photo of a cat.", "a drawing of a cat."}));
  Tensor mean = Tensor::zeros({1, 64});
  for (int i = 0; i < 64; ++i)
    mean.data<float>()[i] =
        (each.row<float>(0)[static_cast<size_t>(i)] + each.row<float>(1)[static_cast<size_t>(i)]) / 2;
  testing::expect_close(classifier.view().slice(1, 2), normalize_rows(mean), 1e-6, 0, "cat");
}

TEST(Model, LogitsAreScaledCosines) {
  const Model model = load("generated:mini-vit");
  Tensor a = Tensor::zeros({2, 2}), b = Tensor::zeros({3, 2});
  const float left[] = {3, 4, 0, 2}, right[] = {1, 0, 0, 5, -2, 0};
  std::copy(left, left + 4, a.data<float>());
  std::copy(right, right + 6, b.data<float>());
  const auto [per_image, per_text] = model.logits(a, b);
  const float expected[] = {60, 80, -60, 0, 100, 0};
  for (int i = 0; i < 6; ++i) {
    EXPECT_NEAR(per_image.data<float>()[i], expected[i], 1e-4);
    EXPECT_EQ(per_text.data<float>()[i % 3 * 2 + i / 3], per_image.data<float>()[i]);
  }
  EXPECT_THAT(error_of([&] { model.logits(a, Tensor::zeros({1, 3})); }), HasSubstr("2 dimensions"));
}

TEST(Softmax, SumsToOneForLargeValues) {
  Tensor logits = Tensor::empty({1, 3});
  const float values[] = {1e4f, 1e4f - 1, -1e4f};
  std::copy(values, values + 3, logits.data<float>());
  const Tensor p = softmax(logits);
  EXPECT_NEAR(p.data<float>()[0], 0.731059f, 1e-5);
  EXPECT_NEAR(p.data<float>()[1], 0.268941f, 1e-5);
  EXPECT_EQ(p.data<float>()[2], 0.0f);
}

TEST(Load, SaysWhatIsWrong) {
  EXPECT_THAT(error_of([] { load("no/such/file.pt"); }), HasSubstr("no such file"));
  EXPECT_THAT(error_of([] { load("generated:nothing"); }), HasSubstr("nothing"));
  EXPECT_THAT(error_of([] { load("ViT-L/14@336px"); }), ::testing::AnyOf(HasSubstr("clipkit pull"), "no error"));
  LoadOptions options;
  options.device = "cuda:0";
  EXPECT_THAT(error_of([&] { load("generated:mini-vit", options); }), HasSubstr("CUDA"));
  options.device = "toaster";
  EXPECT_THAT(error_of([&] { load("generated:mini-vit", options); }), HasSubstr("toaster"));
}

TEST(Load, FindsAWeightOfTheWrongShape) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-openclip/open_clip_model.safetensors");
  LoadOptions options;
  options.config = "mini-vit";
  EXPECT_THAT(error_of([&] { load(path, options); }), HasSubstr("expected"));
}

TEST(Load, RefusesAPositionTableOfAnotherSizeUnlessAskedForThatSize) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-vit/hf");
  const std::filesystem::path copy = std::filesystem::path(::testing::TempDir()) / "other_size";
  std::filesystem::remove_all(copy);
  std::filesystem::create_directories(copy);
  for (const char* file : {"model.safetensors", "config.json"}) std::filesystem::copy_file(path / file, copy / file);
  std::filesystem::permissions(copy / "config.json", std::filesystem::perms::owner_all);
  std::string config = read_file(copy / "config.json", 1 << 20);
  config.replace(config.find("\"image_size\": 32"), 16, "\"image_size\": 40");
  write_file(copy / "config.json", config);
  EXPECT_THAT(error_of([&] { load(copy); }), HasSubstr("expected [26, 128]"));
  LoadOptions options;
  options.image_size = 40;
  EXPECT_EQ(error_of([&] { load(copy, options); }), "no error");
  std::filesystem::remove_all(copy);
}

TEST(Load, WarnsOfWeightsThatAreNotNumbers) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "models/tiny-rn/model.safetensors");
  StateDict weights = testing::read_golden(path);
  Tensor damaged = Tensor::copy_of(weights.at("visual.layer1.0.conv1.weight"));
  damaged.data<float>()[3] = damaged.data<float>()[5] = NAN;
  weights.insert_or_assign("visual.layer1.0.conv1.weight", std::move(damaged));
  const std::filesystem::path copy = std::filesystem::path(::testing::TempDir()) / "nan.safetensors";
  write_safetensors(copy, weights);
  std::vector<std::string> messages;
  set_log_sink([&](LogLevel level, std::string_view message) {
    if (level == LogLevel::kWarning) messages.emplace_back(message);
  });
  load(copy);
  set_log_sink({});
  std::filesystem::remove(copy);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(messages[0], HasSubstr("2 weights are NaN"));
}

}  // namespace
}  // namespace clipkit
