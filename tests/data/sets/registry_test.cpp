#include "data/sets/registry.h"

#include <gmock/gmock.h>

#include <set>

#include "data/error_of.h"
#include "data/sets/label_table.h"
#include "data/sets/layout.h"
#include "data/sets/published_reader.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

TEST(Registry, HasThePapersSetsAndImageNetsShiftedVersions) {
  int in_the_paper = 0, shifted = 0;
  for (const RegisteredSet& set : registered_sets()) {
    in_the_paper += set.paper_test > 0 ? 1 : 0;
    shifted += set.shift_of == "imagenet" ? 1 : 0;
  }
  EXPECT_EQ(in_the_paper, 27);
  EXPECT_EQ(shifted, 5);
}

TEST(Registry, KnowsSetsByEitherNameInAnySpelling) {
  for (const char* name : {"stanford_cars", "Stanford-Cars", "cars", "wds/cars", "wds_cars", "wds_vtab-cars"}) {
    ASSERT_NE(find_registered_set(name), nullptr) << name;
    EXPECT_EQ(find_registered_set(name)->key, "stanford_cars");
  }
  EXPECT_EQ(registered_set("wds/vtab/pets").key, "oxford_pets");
  EXPECT_EQ(registered_set("imagenet-a").key, "imagenet_a");
  EXPECT_EQ(find_registered_set("nothing"), nullptr);
  const Error error = error_of([] { registered_set("cifar1"); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("near it: \"cifar10\", \"cifar100\""));
}

TEST(Registry, EveryEntryIsConsistent) {
  std::set<std::string> names;
  for (const RegisteredSet& set : registered_sets()) {
    SCOPED_TRACE(set.key);
    EXPECT_TRUE(names.insert(set.key).second);
    for (const std::string& alias : set.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_TRUE(set.home.starts_with("http"));
    const auto classes = set.classes();
    EXPECT_GE(classes.size(), 2u);
    EXPECT_EQ(set.tar_classes().size(), classes.size());
    for (const std::string& prompt : set.templates()) EXPECT_THAT(prompt, HasSubstr("{}"));
    for (const Json& layout : set.entry->at("layouts")) {
      for (const Fold& fold : set.folds) {
        EXPECT_TRUE(layout.at("splits").contains(fold.test)) << fold.test;
        EXPECT_TRUE(fold.train.empty() || layout.at("splits").contains(fold.train)) << fold.train;
      }
      EXPECT_TRUE(!set.folds.empty() || layout.at("splits").contains("test"));
      for (const Json& split : layout.at("splits")) {
        EXPECT_NO_THROW(published_reader(layout, split));
        const Json names_of_classes = split.value("names", layout.value("names", Json()));
        EXPECT_TRUE(!names_of_classes.is_array() || names_of_classes.size() == classes.size());
      }
    }
    EXPECT_THAT(describe_layouts(set), HasSubstr("in it"));
  }
}

TEST(Registry, ClassNamesDifferInTheirLettersWhereLabelsAreMatchedByThem) {
  for (const RegisteredSet& set : registered_sets()) {
    for (const Json& layout : set.entry->at("layouts")) {
      const std::string reader = layout.value("reader", "");
      if ((reader != "folders" && reader != "lines") || layout.contains("names")) continue;
      if (set.classes().size() == 1000) continue;
      std::vector<std::string> labels;
      for (const auto& one : set.classes()) labels.push_back(one[0]);
      EXPECT_NO_THROW(LabelTable(labels, LabelMatch::kLetters, set.title)) << set.key;
    }
  }
}

TEST(Registry, SizesAreThoseOfThePaperWhereTheSplitIsPublished) {
  for (const char* key :
       {"food101", "cifar10", "cifar100", "sun397", "stanford_cars", "voc2007", "dtd", "oxford_pets", "flowers102",
        "mnist", "eurosat", "gtsrb", "kitti", "pcam", "hateful_memes", "rendered_sst2", "fgvc_aircraft"}) {
    const RegisteredSet& set = registered_set(key);
    const Json& splits = set.entry->at("layouts").at(0).at("splits");
    int64_t train = splits.at("train").at("size");
    if (splits.contains("val")) train += splits.at("val").at("size").get<int64_t>();
    EXPECT_EQ(train, set.paper_train) << key;
    EXPECT_EQ(splits.at("test").at("size"), set.paper_test) << key;
  }
}

TEST(Registry, WordNetIdsAreSortedAndDifferent) {
  const auto& ids = imagenet_wordnet_ids();
  ASSERT_EQ(ids.size(), 1000u);
  EXPECT_EQ(ids.front(), "n01440764");  // tench
  EXPECT_EQ(ids.back(), "n15075141");   // toilet tissue
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()), ids.end());
}

TEST(LabelTable, MatchesExactlyByLettersOrByNumber) {
  const LabelTable letters({"Boxing Punching Bag", "F-16A/B"}, LabelMatch::kLetters, "set");
  EXPECT_EQ(letters.find("BoxingPunchingBag", ""), 0);
  EXPECT_EQ(letters.find("f-16a_b", ""), 1);
  const LabelTable numbers({"0", "1", "10"}, LabelMatch::kNumber, "set");
  EXPECT_EQ(numbers.find("00010", ""), 2);
  EXPECT_EQ(numbers.find("00000", ""), 0);
  const LabelTable exact({"a", "A"}, LabelMatch::kExact, "set");
  EXPECT_EQ(exact.find("A", ""), 1);
  const Error error = error_of([&] { exact.find("b", "list.txt, record 3"); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_STREQ(error.what(), "list.txt, record 3: label \"b\" is none of the 2 classes of set");
  EXPECT_EQ(error_of([] { LabelTable({"a b", "AB"}, LabelMatch::kLetters, "set"); }).code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace clipkit
