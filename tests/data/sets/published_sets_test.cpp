// Each set of the registry is opened by name from a small tree in the layout in which it is published.
#include <gmock/gmock.h>

#include "clipkit/prompts.h"
#include "data/error_of.h"
#include "data/labelled_set.h"
#include "data/sets/hdf5_pictures.h"
#include "data/sets/layout.h"
#include "data/sets/set_tree.h"
#include "data/tar_testing.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SetTree;

class PublishedSets : public ::testing::Test {
 protected:
  LabelledSet open(const std::string& key, std::string_view split = {}) {
    return open_labelled_set(key + ":" + tree_.path(), split);
  }
  // The labels of a split, and that its first picture is there.
  std::vector<int> labels_of(const std::string& key, std::string_view split = {}) {
    const LabelledSet set = open(key, split);
    std::vector<int> labels;
    for (int64_t i = 0; i < set.reader->size(); ++i) {
      labels.push_back(set.reader->labels(i).present.at(0));
      EXPECT_EQ(set.reader->labels(i).present, set.reader->read(i).labels.present);
    }
    EXPECT_GT(decode_picture(set.reader->read(0)).width, 0);
    return labels;
  }
  // A folder of class folders with `count` pictures each.
  void put_classes(const std::string& folder, const std::vector<std::string>& classes, int count = 1) {
    for (const std::string& name : classes) {
      for (int i = 0; i < count; ++i) tree_.put_picture(concat(folder, "/", name, "/", i, ".ppm"));
    }
  }
  std::vector<std::string> underscored(const std::string& set) {
    std::vector<std::string> names = class_names(set);
    for (std::string& name : names) std::replace(name.begin(), name.end(), ' ', '_');
    return names;
  }
  SetTree tree_;
};

TEST_F(PublishedSets, Food101) {
  tree_.put("food-101/meta/train.txt", "waffles/12\n");
  tree_.put("food-101/meta/test.txt", "apple_pie/34\nmacaroni_and_cheese/5\n");
  for (const char* name : {"waffles/12", "apple_pie/34", "macaroni_and_cheese/5"}) {
    tree_.put_picture(concat("food-101/images/", name, ".jpg"));
  }
  const LabelledSet set = open("food101");
  EXPECT_EQ(set.title, "Food-101");
  EXPECT_EQ(set.classes.size(), 101u);
  EXPECT_EQ(set.templates.size(), 1u);
  EXPECT_THAT(set.splits, ElementsAre("test", "train"));
  EXPECT_THAT(set.note, HasSubstr("2 pictures, the published split has 25250."));
  EXPECT_THAT(set.note, HasSubstr("99 of 101 classes have no picture in this split"));
  EXPECT_THAT(labels_of("food101"), ElementsAre(0, 62));
  EXPECT_EQ(set.classes[62][0], "macaroni and cheese");
  EXPECT_THAT(labels_of("food101", "train"), ElementsAre(100));
  EXPECT_THAT(error_of([&] { open("food101", "val"); }).what(),
              HasSubstr("there is no split \"val\" in it, there are test"));
}

TEST_F(PublishedSets, Cifar10AndCifar100) {
  tree_.put("cifar-10-batches-bin/test_batch.bin", std::string("\x07") + std::string(3072, 'x'));
  EXPECT_THAT(labels_of("cifar10"), ElementsAre(7));
  EXPECT_THAT(open("cifar10").splits, ElementsAre("test"));
  EXPECT_EQ(open("cifar10").folds[0].train, "");
  tree_.put("cifar-100-binary/test.bin", std::string("\x07\x63") + std::string(3072, 'x'));
  EXPECT_THAT(labels_of("cifar100"), ElementsAre(99));
}

TEST_F(PublishedSets, Birdsnap) {
  put_classes("download/images", {"Acadian_Flycatcher", "Allens_Hummingbird"}, 3);
  tree_.put("test_images.txt", "path\nAllens_Hummingbird/1.ppm\nAcadian_Flycatcher/7.ppm\n");
  EXPECT_THAT(labels_of("birdsnap"), ElementsAre(3));
  EXPECT_THAT(labels_of("birdsnap", "train"), ElementsAre(0, 0, 0, 3, 3));
}

TEST_F(PublishedSets, Sun397) {
  std::string names = "/a/abbey \n/a/apse/indoor\n";
  tree_.put("SUN397/ClassName.txt", names);
  tree_.put("SUN397/Testing_01.txt", "/a/apse/indoor/sun_1.jpg\n");
  tree_.put("SUN397/Training_01.txt", "/a/abbey/sun_2.jpg\n");
  tree_.put_picture("SUN397/a/apse/indoor/sun_1.jpg");
  EXPECT_THAT(labels_of("sun397"), ElementsAre(1));
}

TEST_F(PublishedSets, StanfordCars) {
  tree_.copy_golden("cars_annos.mat", "cars_test_annos_withlabels.mat");
  for (int i = 1; i <= 3; ++i) tree_.put_picture(concat("cars_test/0000", i, ".jpg"));
  EXPECT_THAT(labels_of("cars"), ElementsAre(13, 195, 0));
}

TEST_F(PublishedSets, FgvcAircraft) {
  tree_.put("data/images_variant_test.txt", "1514522 707-320\r\n0481847 BAE 146-200\n0062765 F-16A/B\n");
  for (const char* id : {"1514522", "0481847", "0062765"}) tree_.put_picture(concat("data/images/", id, ".jpg"));
  EXPECT_THAT(labels_of("fgvc_aircraft"), ElementsAre(0, 37, 72));
  EXPECT_EQ(open("fgvc_aircraft").metric, EvalMetric::kMeanPerClass);
}

TEST_F(PublishedSets, Voc2007) {
  const std::string lists = "VOCdevkit/VOC2007/ImageSets/Main/";
  tree_.put(lists + "test.txt", "000001\n000002\n");
  for (const auto& name : class_names("PascalVOC2007")) {
    const bool is_dog = name == "dog", is_person = name == "person";
    tree_.put(concat(lists, name, "_test.txt"), concat("000001 ", is_dog || is_person ? " 1" : "-1", "\n000002 ",
                                                       is_dog      ? " 0"
                                                       : is_person ? " 1"
                                                                   : "-1",
                                                       "\n"));
  }
  tree_.put_picture("VOCdevkit/VOC2007/JPEGImages/000001.jpg");
  tree_.put_picture("VOCdevkit/VOC2007/JPEGImages/000002.jpg");
  const LabelledSet set = open("voc2007");
  EXPECT_EQ(set.metric, EvalMetric::kMap11);
  ASSERT_EQ(set.reader->size(), 2);
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(10, 13));
  EXPECT_THAT(set.reader->labels(0).ignored, IsEmpty());
  EXPECT_THAT(set.reader->labels(1).present, ElementsAre(13));
  EXPECT_THAT(set.reader->labels(1).ignored, ElementsAre(10));
  tree_.put(lists + "dog_test.txt", "000001 1\n000003 1\n");
  EXPECT_THAT(error_of([&] { open("voc2007"); }).what(), HasSubstr("dog_test.txt, record 2: expected \"000002\""));
  tree_.put(lists + "dog_test.txt", "000001 2\n000002 1\n");
  EXPECT_THAT(error_of([&] { open("voc2007"); }).what(), HasSubstr("record 1: 2, expected 1, 0 or -1"));
}

TEST_F(PublishedSets, DescribableTextures) {
  tree_.put("dtd/labels/test1.txt", "polka-dotted/polka-dotted_0001.jpg\nbanded/banded_0002.jpg\n");
  tree_.put_picture("dtd/images/polka-dotted/polka-dotted_0001.jpg");
  tree_.put_picture("dtd/images/banded/banded_0002.jpg");
  EXPECT_THAT(labels_of("dtd"), ElementsAre(30, 0));
}

TEST_F(PublishedSets, OxfordPets) {
  tree_.put("annotations/test.txt",
            "#Image CLASS-ID SPECIES BREED ID\nAbyssinian_201 1 1 1\namerican_pit_bull_terrier_7 3 2 2\n");
  tree_.put_picture("images/Abyssinian_201.jpg");
  tree_.put_picture("images/american_pit_bull_terrier_7.jpg");
  EXPECT_THAT(labels_of("pets"), ElementsAre(0, 13));
}

TEST_F(PublishedSets, Caltech101) {
  std::vector<std::string> folders;
  for (int i = 0; i < 102; ++i) folders.push_back(concat(i < 10 ? "A" : i < 100 ? "B" : "C", i));
  put_classes("101_ObjectCategories", folders, 31);
  const LabelledSet train = open("caltech101", "train"), test = open("caltech101");
  EXPECT_EQ(train.reader->size(), 30 * 102);
  EXPECT_EQ(test.reader->size(), 102);
  EXPECT_THAT(test.reader->labels(101).present, ElementsAre(101));
  std::filesystem::remove_all(tree_.path("101_ObjectCategories/A3"));
  EXPECT_THAT(error_of([&] { open("caltech101"); }).what(), HasSubstr("101 folders of classes, Caltech-101 has 102"));
}

TEST_F(PublishedSets, Flowers102) {
  tree_.copy_golden("imagelabels.mat", "flowers-102/imagelabels.mat");
  tree_.copy_golden("setid.mat", "flowers-102/setid.mat");
  for (int i = 1; i <= 6; ++i) tree_.put_picture(concat("flowers-102/jpg/image_0000", i, ".jpg"));
  EXPECT_THAT(labels_of("flowers"), ElementsAre(0, 101, 4));
  EXPECT_THAT(labels_of("flowers", "val"), ElementsAre(76));
}

TEST_F(PublishedSets, MnistAndFashionMnist) {
  tree_.put("t10k-images-idx3-ubyte", std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02", 16) + "abcd");
  tree_.put("t10k-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x02\x09\x04", 10));
  EXPECT_THAT(labels_of("mnist"), ElementsAre(9, 4));
  EXPECT_THAT(open("MNIST").templates, ElementsAre("a photo of the number: \"{}\"."));
  EXPECT_THAT(labels_of("fashion-mnist"), ElementsAre(9, 4));
  EXPECT_EQ(open("fashion-mnist").classes[9][0], "ankle boot");
}

TEST_F(PublishedSets, Fer2013) {
  std::string pixels;
  for (int i = 0; i < 48 * 48; ++i) pixels += concat(i == 0 ? "" : " ", i % 256);
  tree_.put("fer2013.csv",
            concat("emotion,pixels,Usage\n0,", pixels, ",Training\n3,", pixels, ",PrivateTest\n6,0 1,PrivateTest\n"));
  const LabelledSet set = open("fer2013");
  EXPECT_THAT(set.classes[3], ElementsAre("happy", "smiling"));
  ASSERT_EQ(set.reader->size(), 2);
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(3));
  const Image image = set.reader->read(0).image;
  EXPECT_EQ(image.width, 48);
  EXPECT_EQ(image.pixels[300], 300 % 256);
  EXPECT_THAT(error_of([&] { set.reader->read(1); }).what(), HasSubstr("2 pixels, expected 2304"));
  EXPECT_THAT(labels_of("fer2013", "train"), ElementsAre(0));
  // Else all rows behind it would be missing without a word.
  tree_.put("fer2013.csv", concat("emotion,pixels,Usage\n0,", pixels, ",\"Training\n3,", pixels, ",PrivateTest\n"));
  EXPECT_THAT(error_of([&] { open("fer2013"); }).what(), HasSubstr("row at byte 21: a quote that is never closed"));
}

TEST_F(PublishedSets, Stl10) {
  tree_.put("stl10_binary/test_X.bin", std::string(3 * 96 * 96, 'x'));
  tree_.put("stl10_binary/test_y.bin", "\x0A");
  EXPECT_THAT(labels_of("stl10"), ElementsAre(9));
  EXPECT_EQ(open("stl10").folds.size(), 10u);
  EXPECT_EQ(open("stl10").folds[0].train, "");
  tree_.put("stl10_binary/train_X.bin", std::string(size_t{3} * 96 * 96 * 2, 'x'));
  tree_.put("stl10_binary/train_y.bin", "\x01\x02");
  tree_.put("stl10_binary/fold_indices.txt", "0\n1\n");
  EXPECT_THAT(labels_of("stl10", "train1"), ElementsAre(1));
  EXPECT_EQ(open("stl10").folds[9].train, "train9");
}

TEST_F(PublishedSets, EuroSat) {
  put_classes("2750", {"AnnualCrop", "Forest", "HerbaceousVegetation", "Highway", "Industrial", "Pasture",
                       "PermanentCrop", "Residential", "River", "SeaLake"});
  EXPECT_THAT(labels_of("eurosat", "all"), ElementsAre(7, 0, 6, 9, 8, 4, 1, 2, 3, 5));
  EXPECT_THAT(error_of([&] { open("eurosat"); }).what(),
              HasSubstr("1 pictures of class 0, too few to draw this split"));
}

TEST_F(PublishedSets, Resisc45) {
  put_classes("NWPU-RESISC45", underscored("RESISC45"), 70);  // of 700
  EXPECT_EQ(open("resisc45", "train").reader->size(), 3150);
  EXPECT_EQ(open("resisc45", "train").reader->labels(3149).present[0], 44);
  EXPECT_THAT(error_of([&] { open("resisc45"); }).what(), HasSubstr("70 pictures of class 0, too few"));
}

TEST_F(PublishedSets, Gtsrb) {
  put_classes("GTSRB/Training", {"00000", "00042"}, 2);
  tree_.put("GT-final_test.csv", "Filename;Width;ClassId\n00000.ppm;53;16\n00001.ppm;42;1\n");
  tree_.put_picture("GTSRB/Final_Test/Images/00000.ppm");
  tree_.put_picture("GTSRB/Final_Test/Images/00001.ppm");
  EXPECT_THAT(labels_of("gtsrb"), ElementsAre(16, 1));
  EXPECT_THAT(labels_of("gtsrb", "train"), ElementsAre(0, 0, 42, 42));
}

TEST_F(PublishedSets, Kitti) {
  const auto object = [](const char* type, const char* z) {
    return concat(type, " 0.00 0 -0.20 712.40 143.00 810.73 307.92 1.89 0.48 1.20 1.84 1.47 ", z, " 0.01\n");
  };
  for (int i = 0; i < 712; ++i) {
    const std::string name = concat(i < 10 ? "00000" : i < 100 ? "0000" : "000", i);
    tree_.put_picture(concat("training/image_2/", name, ".png"));
    tree_.put(concat("training/label_2/", name, ".txt"), object("Car", "9.5"));
  }
  tree_.put("training/label_2/000001.txt", object("Pedestrian", "2"));
  const LabelledSet train = open("kitti", "train"), test = open("kitti");
  EXPECT_EQ(train.reader->size(), 1);
  ASSERT_EQ(test.reader->size(), 711);
  EXPECT_THAT(test.templates, ElementsAre("{}"));
  int cars = 0, none = 0;
  for (int64_t i = 0; i < 711; ++i) {
    cars += test.reader->labels(i).present[0] == 1 ? 1 : 0;
    none += test.reader->labels(i).present[0] == 3 ? 1 : 0;
  }
  EXPECT_EQ(cars + none, 711);
  EXPECT_LE(none, 1);
}

TEST_F(PublishedSets, Country211) {
  std::vector<std::string> countries;
  for (int i = 0; i < 211; ++i)
    countries.push_back(concat(static_cast<char>('A' + i / 26), static_cast<char>('A' + i % 26)));
  put_classes("country211/test", countries);
  put_classes("country211/valid", {"AD"});
  EXPECT_EQ(labels_of("country211").back(), 210);
  EXPECT_THAT(open("country211").splits, ElementsAre("test", "val"));
  EXPECT_THAT(error_of([&] { open("country211", "val"); }).what(),
              HasSubstr("1 folders of classes, Country211 has 211"));
}

TEST_F(PublishedSets, PatchCamelyon) {
  if (!can_read_hdf5()) GTEST_SKIP() << "built without HDF5";
  tree_.copy_golden("pcam_x.h5", "pcam/camelyonpatch_level_2_split_test_x.h5");
  tree_.copy_golden("pcam_y.h5", "pcam/camelyonpatch_level_2_split_test_y.h5");
  EXPECT_THAT(labels_of("pcam"), ElementsAre(1, 0, 1));
}

TEST_F(PublishedSets, Ucf101) {
  tree_.put("ucfTrainTestlist/testlist01.txt", "HandstandPushups/v_HandStandPushups_g01_c01.avi\n");
  tree_.put("ucfTrainTestlist/trainlist02.txt", "YoYo/v_YoYo_g08_c01.avi 101\n");
  const LabelledSet set = open("ucf101");
  EXPECT_EQ(set.split, "test1");
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(36));
  EXPECT_EQ(set.folds.size(), 1u) << "the others have no test split here";
  EXPECT_THAT(open("ucf101", "train2").reader->labels(0).present, ElementsAre(100));
}

TEST_F(PublishedSets, Kinetics700) {
  tree_.put("kinetics700/val/yoga/a.mp4", "");
  tree_.put("kinetics700/val/acting in play/b.mp4", "");
  const LabelledSet set = open("kinetics700");
  EXPECT_EQ(set.metric, EvalMetric::kMeanTop1Top5);
  EXPECT_EQ(set.split, "val");
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(1));
}

TEST_F(PublishedSets, ClevrCounts) {
  std::string scenes = "{\"info\": {\"split\": \"val\"}, \"scenes\": [";
  for (int i = 0; i < 501; ++i) {
    scenes += concat(i > 0 ? ", " : "", "{\"image_index\": ", i, ", \"objects\": [");
    for (int k = 0; k < 3 + i % 8; ++k)
      scenes += concat(k > 0 ? ", " : "", "{\"size\": \"large\", \"3d_coords\": [1, 2]}");
    scenes += concat("], \"relationships\": {\"left\": [[0]]}, \"image_filename\": \"CLEVR_val_", i, ".png\"}");
  }
  tree_.put("CLEVR_v1.0/scenes/CLEVR_val_scenes.json", scenes + "]}");
  for (int i = 0; i < 501; ++i) tree_.put_picture(concat("CLEVR_v1.0/images/val/CLEVR_val_", i, ".png"));
  EXPECT_EQ(open("clevr_count_all").reader->size(), 500);
  const std::vector<int> labels = labels_of("clevr_counts", "val");
  ASSERT_EQ(labels.size(), 501u);
  EXPECT_EQ(labels[0], 1) << "three objects: the second class, after \"10\"";
  EXPECT_EQ(labels[7], 0) << "ten objects";
}

TEST_F(PublishedSets, HatefulMemes) {
  tree_.put(
      "dev.jsonl",
      "{\"id\":8291,\"img\":\"img/08291.png\",\"label\":1,\"text\":\"x\"}\n{\"img\":\"img/1.png\",\"label\":0}\n");
  tree_.put_picture("img/08291.png");
  EXPECT_EQ(open("hateful_memes").metric, EvalMetric::kRocAuc);
  EXPECT_THAT(open("hatefulmemes").reader->labels(0).present, ElementsAre(1));
  tree_.put("dev.jsonl", "{\"img\":\"img/08291.png\",\"label\":2}\n");
  EXPECT_THAT(error_of([&] { open("hateful_memes"); }).what(),
              HasSubstr("record 1: label \"2\" is none of the 2 classes"));
  tree_.put("dev.jsonl", "{\"img\":\"../secret.png\",\"label\":1}\n");
  EXPECT_THAT(error_of([&] { open("hateful_memes"); }).what(), HasSubstr("not inside the folder"));
}

TEST_F(PublishedSets, RenderedSst2) {
  put_classes("rendered-sst2/test", {"negative", "positive"});
  EXPECT_THAT(labels_of("renderedsst2"), ElementsAre(0, 1));
}

TEST_F(PublishedSets, ImageNetInFoldersOrAsKaggleHasIt) {
  put_classes("val", {"n01440764", "n15075141"});
  EXPECT_THAT(labels_of("imagenet1k"), ElementsAre(0, 999));
  EXPECT_EQ(open("imagenet").templates.size(), 80u);
  tree_.put("k/LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_00000001,n15075141 85 1 499 272 \n");
  tree_.put_picture("k/ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG");
  const LabelledSet set = open_labelled_set("imagenet:" + tree_.path("k"));
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(999));
  EXPECT_GT(set.reader->read(0).file.size(), 0u);
}

TEST_F(PublishedSets, ImageNetV2HasNumbersForNames) {
  std::vector<std::string> folders;
  for (int i = 0; i < 501; ++i) folders.push_back(concat(i));  // more than half
  put_classes("imagenetv2-matched-frequency-format-val", folders);
  const LabelledSet set = open("imagenet_v2");
  EXPECT_EQ(set.reader->read(2).name, "10/0.ppm");
  EXPECT_THAT(set.reader->labels(2).present, ElementsAre(10));
}

TEST_F(PublishedSets, ImageNetAAndRHaveTheClassesOfTheirFolders) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < 200; ++i) ids.push_back(imagenet_wordnet_ids()[5 * i + 1]);
  put_classes("imagenet-a", ids);
  const LabelledSet set = open("imagenet-a");
  ASSERT_EQ(set.classes.size(), 200u);
  EXPECT_EQ(set.classes[1], class_synonyms("ImageNet")[6]);
  EXPECT_EQ(labels_of("imagenet_a").back(), 199);
  std::filesystem::remove_all(tree_.path("imagenet-a/" + ids[7]));
  EXPECT_THAT(error_of([&] { open("imagenet_a"); }).what(), HasSubstr("199 folders of classes, ImageNet-A has 200"));
}

TEST_F(PublishedSets, ImageNetSketch) {
  const std::vector<std::string>& ids = imagenet_wordnet_ids();
  put_classes("sketch", {ids.begin() + 499, ids.end()});
  EXPECT_EQ(labels_of("imagenet_sketch").front(), 499);
  EXPECT_THAT(open("imagenet_sketch").note,
              HasSubstr("499 of 1000 classes have no picture in this split: tench, goldfish"));
}

TEST_F(PublishedSets, ObjectNetHasItsOwnNames) {
  tree_.put("mappings/folder_to_objectnet_label.json",
            R"({"air_freshener": "Air freshener", "alarm_clock": "Alarm clock", "fan": "Fan"})");
  tree_.put("mappings/objectnet_to_imagenet_1k.json",
            R"({"Alarm clock": "analog clock; digital clock", "Fan": "electric fan"})");
  put_classes("images", {"air_freshener", "alarm_clock", "fan"});
  const LabelledSet set = open("objectnet");
  EXPECT_THAT(set.classes, ElementsAre(ElementsAre("alarm clock"), ElementsAre("fan")));
  EXPECT_EQ(set.reader->read(0).name, "alarm_clock/0.ppm");
  EXPECT_EQ(set.reader->size(), 2);
  tree_.put("mappings/objectnet_to_imagenet_1k.json", R"({"Chair": "chair"})");
  EXPECT_THAT(error_of([&] { open("objectnet"); }).what(), HasSubstr("1 classes, of which 0 have a folder"));
}

TEST_F(PublishedSets, Svhn) {
  tree_.copy_golden("svhn_32x32.mat", "test_32x32.mat");
  EXPECT_THAT(labels_of("svhn"), ElementsAre(0, 3));
}

TEST_F(PublishedSets, ShardsOfClipBenchmarkHaveTheirOwnOrderOfClasses) {
  const auto folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared/data";
  const LabelledSet cifar = open_labelled_set(concat("cifar10:", (folder / "cifar10").string()), "train");
  EXPECT_EQ(cifar.reader->size(), 10000);
  EXPECT_EQ(cifar.templates.size(), 18u);
  const LabelledSet imagenet = open_labelled_set(concat("imagenet:", (folder / "imagenet-sample").string()));
  ASSERT_EQ(imagenet.reader->size(), 1000);
  EXPECT_EQ(imagenet.split, "all");
  EXPECT_THAT(imagenet.reader->labels(999).present, ElementsAre(999));
  EXPECT_EQ(imagenet.classes[1][0], "goldfish");
  const LabelledSet fashion = open_labelled_set(concat("fashion_mnist:", (folder / "fashion-mnist").string()));
  EXPECT_EQ(fashion.reader->size(), 10000);
  EXPECT_THAT(fashion.note, ::testing::Not(HasSubstr("published split")));
}

// The same 500 pictures of CIFAR-10's test set as records of the binary version and as JPEG files in a shard.
TEST_F(PublishedSets, TheTwoLayoutsOfCifar10HoldTheSamePictures) {
  const auto folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/cifar10";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared/data";
  std::filesystem::copy_file(folder / "test_batch_500.bin", tree_.path("test_batch.bin"));
  const LabelledSet records = open("cifar10"), shards = open_labelled_set("cifar10:" + folder.string());
  ASSERT_EQ(records.reader->size(), 500);
  EXPECT_EQ(records.classes, shards.classes);
  for (int64_t i = 0; i < 500; ++i) {
    ASSERT_EQ(records.reader->labels(i).present, shards.reader->labels(i).present) << i;
    ASSERT_EQ(decode_picture(records.reader->read(i)).pixels, decode_picture(shards.reader->read(i)).pixels) << i;
  }
}

TEST_F(PublishedSets, ShardsInAFolderCalledTestAreNoClassFolders) {
  // SST2's published layout has a folder called test, and so have the shards.
  using testing::raw_member;
  tree_.put("test/nshards.txt", "1\n");
  tree_.put("test/0.tar",
            raw_member({"s0.ppm", testing::made_picture(4, 3, 1)}) + raw_member({"s0.cls", "1"}) + testing::kTarEnd);
  const LabelledSet set = open("renderedsst2");
  EXPECT_THAT(set.splits, ElementsAre("test"));
  EXPECT_THAT(set.reader->labels(0).present, ElementsAre(1));
  EXPECT_EQ(set.classes[1][0], "positive");
  EXPECT_THAT(set.templates, ElementsAre("a {} review of a movie."));
}

TEST_F(PublishedSets, SaysWhatIsMissing) {
  EXPECT_THAT(error_of([&] { open("food102"); }).what(),
              HasSubstr("there is no data set named \"food102\"; near it: \"food101\""));
  EXPECT_THAT(error_of([&] { open("food101"); }).what(),
              HasSubstr("Food-101 is not in it, expected meta/test.txt in it or in food-101; or test/0.tar"));
  EXPECT_EQ(error_of([] { open_labelled_set("cifar10:/nowhere"); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of([] { open_labelled_set("cifar10:"); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of([] { open_labelled_set(""); }).code(), ErrorCode::kNotFound);
  tree_.put("test_batch.bin", std::string("\x0A") + std::string(3072, 'x'));
  EXPECT_THAT(error_of([&] { open("cifar10"); }).what(), HasSubstr("split test: picture 0 has label 10 of 10 classes"));
}

}  // namespace
}  // namespace clipkit
