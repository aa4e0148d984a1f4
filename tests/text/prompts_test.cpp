#include "clipkit/prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "clipkit/error.h"
#include "text/near_names.h"

namespace clipkit {
namespace {

using testing::HasSubstr;

TEST(Prompts, ImageNetHasEightyTemplatesAndAThousandNames) {
  const auto templates = prompt_templates("imagenet");
  ASSERT_EQ(templates.size(), 80u);
  EXPECT_EQ(templates.front(), "a bad photo of a {}.");
  const auto names = class_names("imagenet");
  ASSERT_EQ(names.size(), 1000u);
  EXPECT_EQ(names.front(), "tench");
  EXPECT_EQ(prompt_templates("ImageNet_best7").size(), 7u);
}

// Counts of the paper's prompt file.
TEST(Prompts, HasTheTemplatesOfAllDataSets) {
  const std::vector<std::pair<const char*, size_t>> counts = {{"Birdsnap", 1},
                                                              {"CIFAR10", 18},
                                                              {"CIFAR100", 18},
                                                              {"CLEVRCounts", 1},
                                                              {"Caltech101", 34},
                                                              {"Country211", 5},
                                                              {"DescribableTextures", 8},
                                                              {"EuroSAT", 3},
                                                              {"FGVCAircraft", 2},
                                                              {"FacialEmotionRecognition2013", 6},
                                                              {"Flowers102", 1},
                                                              {"Food101", 1},
                                                              {"GTSRB", 3},
                                                              {"HatefulMemes", 1},
                                                              {"KITTI", 1},
                                                              {"Kinetics700", 28},
                                                              {"MNIST", 1},
                                                              {"OxfordPets", 1},
                                                              {"PascalVOC2007", 1},
                                                              {"PatchCamelyon", 1},
                                                              {"RESISC45", 18},
                                                              {"SST2", 1},
                                                              {"STL10", 2},
                                                              {"SUN397", 2},
                                                              {"StanfordCars", 8},
                                                              {"UCF101", 48}};
  for (const auto& [set, count] : counts) {
    EXPECT_EQ(prompt_templates(set).size(), count) << set;
    EXPECT_FALSE(class_names(set).empty()) << set;
  }
}

TEST(Prompts, NamesMatchWithoutCaseDashesAndSpaces) {
  EXPECT_EQ(prompt_templates("cifar-10"), prompt_templates("CIFAR10"));
  EXPECT_EQ(prompt_templates("CLIP benchmark/Food-101"), prompt_templates("clip_benchmark/food101"));
  EXPECT_EQ(class_names("oxford_pets").size(), 37u);
}

TEST(Prompts, EveryListedSetCanBeRead) {
  for (const std::string& set : prompt_template_sets()) {
    for (const std::string& prompt : prompt_templates(set)) EXPECT_NO_THROW(fill_template(prompt, "cat")) << set;
  }
  for (const std::string& set : class_name_sets()) EXPECT_FALSE(class_names(set).empty()) << set;
  EXPECT_EQ(prompt_template_sets().size(), 61u);
}

TEST(Prompts, ClassesMayHaveSeveralNames) {
  const auto emotions = class_synonyms("FacialEmotionRecognition2013");
  ASSERT_EQ(emotions.size(), 7u);
  EXPECT_THAT(emotions[3], testing::ElementsAre("happy", "smiling"));
  EXPECT_EQ(class_names("FacialEmotionRecognition2013")[3], "happy");
  EXPECT_EQ(class_synonyms("cifar10")[0], (std::vector<std::string>{"airplane"}));
}

TEST(Prompts, TheVocabularyHasEachWordOnce) {
  const std::vector<std::string> words = label_vocabulary();
  EXPECT_GT(words.size(), 4500u);
  for (const char* word : {"tench", "airplane", "red panda", "waffles", "surfing water", "grinning face", "dragon"})
    EXPECT_THAT(words, testing::Contains(word));
  std::set<std::string> seen;
  for (const std::string& word : words) {
    EXPECT_TRUE(seen.insert(plain_name(word)).second) << word;
    EXPECT_EQ(word.find_first_of("\r\n\t"), std::string::npos) << word;
  }
  EXPECT_FALSE(seen.contains(""));
}

TEST(Prompts, UnknownNamesAreAnErrorWithNearMatches) {
  try {
    prompt_templates("cifra10");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("\"CIFAR10\""));
  }
  EXPECT_THROW(class_names(""), Error);
  EXPECT_THROW(class_names(std::string(1 << 20, 'x')), Error);
}

TEST(Prompts, FillsEveryHoleOfATemplate) {
  EXPECT_EQ(fill_template("a photo of a {}.", "cat"), "a photo of a cat.");
  EXPECT_EQ(fill_template("{} and {}", "{}"), "{} and {}");
  EXPECT_EQ(fill_template("{}", ""), "");
  EXPECT_THROW(fill_template("a photo", "cat"), Error);
}

}  // namespace
}  // namespace clipkit
