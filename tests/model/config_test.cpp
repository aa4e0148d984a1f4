#include "clipkit/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "model/clip.h"
#include "model/config_source.h"
#include "model/config_target.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& json) {
  try {
    parse_config(json, "test.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

int64_t count_parameters(const ModelConfig& config) {
  int64_t count = 0;
  Clip(config, true, true).visit_params([&](const std::string&, Param& param) {
    if (!param.buffer) count += param.shape.num_elements();
  });
  return count;
}

TEST(Config, OfEveryArchitectureHasThePublishedNumberOfParameters) {
  const std::map<std::string, int64_t> published = {
      {"RN50", 102007137},         {"RN101", 119688033},        {"RN50x4", 178300601},
      {"RN50x16", 290979217},      {"RN50x64", 623258305},      {"ViT-B/32", 151277313},
      {"ViT-B/16", 149620737},     {"ViT-L/14", 427616513},     {"ViT-L/14@336px", 427944193},
      {"ViT-S-32", 63085825},      {"ViT-S-16", 62257537},      {"ViT-M-32", 103119873},
      {"ViT-B-32-256", 151288833}, {"ViT-L-16", 427739393},     {"ViT-B-16-plus-240", 208377345},
      {"ViT-H-14", 986109441},     {"ViT-H-14-378", 986714881}, {"ViT-g-14", 1366678273},
      {"ViT-bigG-14", 2539567105}, {"mini-vit", 7244929},       {"mini-rn", 4618393}};
  for (const auto& [name, parameters] : published)
    EXPECT_EQ(count_parameters(config_by_name(name)), parameters) << name;
}

TEST(Config, ReadsBackWhatItWrites) {
  for (const std::string& name : config_names()) {
    const ModelConfig config = config_by_name(name);
    const std::string json = to_json(config);
    EXPECT_EQ(to_json(parse_config(json, name)), json);
    EXPECT_EQ(count_parameters(parse_config(json, name)), count_parameters(config)) << name;
  }
}

TEST(Config, SurvivesTheHuggingFaceForm) {
  for (const char* name : {"ViT-B/32", "ViT-H-14", "ViT-g-14", "mini-vit"}) {
    const ModelConfig config = config_by_name(name);
    const ModelConfig back =
        config_from_hugging_face(parse_json(hugging_face_config(config), "config.json"),
                                 parse_json(hugging_face_preprocessor(config.preprocess), "p"), name);
    EXPECT_EQ(count_parameters(back), count_parameters(config)) << name;
    EXPECT_EQ(std::get<VitConfig>(back.vision).transformer.heads, std::get<VitConfig>(config.vision).transformer.heads);
    EXPECT_EQ(back.text.transformer.activation, config.text.transformer.activation);
    EXPECT_EQ(back.preprocess.color_order, config.preprocess.color_order);
  }
}

TEST(Config, UsesQuickGeluForOpenAisNamesAndGeluForOpenClips) {
  EXPECT_EQ(config_by_name("ViT-B/32").text.transformer.activation, Activation::kQuickGelu);
  EXPECT_EQ(config_by_name("ViT-B-32").text.transformer.activation, Activation::kGelu);
}

TEST(Config, NamesTheUnknownKey) {
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "vision_cfg": {"wdith": 64}})"), HasSubstr(R"(unknown key "wdith")"));
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "colour": 1})"), HasSubstr(R"(unknown key "colour")"));
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "text_cfg": {"hf_model_name": "roberta"}})"), HasSubstr("hf_model_name"));
  EXPECT_THAT(error_of(R"({"model_cfg": {"embed_dim": 8}, "preprocess_cfg": {"sise": 3}})"),
              HasSubstr(R"(unknown key "sise")"));
}

TEST(Config, RefusesValuesThatMakeNoSense) {
  EXPECT_THAT(error_of(R"({"embed_dim": 0})"), HasSubstr("embed_dim"));
  EXPECT_THAT(error_of(R"({})"), HasSubstr("\"embed_dim\" is missing"));
  EXPECT_THAT(error_of(R"([])"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "vision_cfg": {"width": 65}})"), HasSubstr("head_width"));
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "vision_cfg": {"width": "wide"}})"), HasSubstr("width"));
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "vision_cfg": {"layers": [1, 2]}})"), HasSubstr("stages"));
  EXPECT_THAT(error_of(R"({"embed_dim": 8, "text_cfg": {"heads": 7}})"), HasSubstr("heads"));
  EXPECT_THAT(error_of(R"({"model_cfg": {"embed_dim": 8}, "preprocess_cfg": {"std": [0, 1, 1]}})"), HasSubstr("std"));
  EXPECT_THAT(error_of("{"), HasSubstr("test.json"));
}

TEST(Config, NamesKnownArchitecturesWhenOneIsUnknown) {
  try {
    config_by_name("ViT-Z/99");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("ViT-B-32"));
  }
}

}  // namespace
}  // namespace clipkit
