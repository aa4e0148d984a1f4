#include "data/sets/named_files.h"

#include <gmock/gmock.h>

#include "data/error_of.h"
#include "data/sets/clevr.h"
#include "data/sets/kitti.h"
#include "data/sets/set_tree.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::SetTree;

auto named(const char* path, const char* label) {
  return ::testing::AllOf(Field(&NamedFile::path, path), Field(&NamedFile::label, label));
}

TEST(NamedFiles, LinesHaveTheirLabelInThePathTheStemOrTheRest) {
  SetTree tree;
  tree.put("list.txt", "# comment\r\n/a/apse/indoor/1.jpg 7\r\n\r\nloose.jpg\n");
  EXPECT_THAT(list_lines(tree.path("list.txt"), "images/{}", LineLabel::kFolder),
              ElementsAre(named("images/a/apse/indoor/1.jpg", "a/apse/indoor"), named("images/loose.jpg", "")));
  EXPECT_THAT(list_lines(tree.path("list.txt"), "{}", LineLabel::kRest),
              ElementsAre(named("a/apse/indoor/1.jpg", "7"), named("loose.jpg", "")));
  tree.put("list.txt", "great_pyrenees_17 16 2 8\n");
  EXPECT_THAT(list_lines(tree.path("list.txt"), "{}.jpg", LineLabel::kStem),
              ElementsAre(named("great_pyrenees_17.jpg", "great_pyrenees")));
}

TEST(NamedFiles, TablesAndJsonLinesNameTheirColumns) {
  SetTree tree;
  tree.put("list.csv", "Width;Filename;ClassId\n5;a.ppm;16\n");
  EXPECT_THAT(list_csv(tree.path("list.csv"), "Filename", "ClassId", "test/{}"),
              ElementsAre(named("test/a.ppm", "16")));
  EXPECT_THAT(error_of([&] { list_csv(tree.path("list.csv"), "Path", "ClassId", "{}"); }).what(),
              HasSubstr("expected columns \"Path\" and \"ClassId\""));
  tree.put("list.jsonl", "{\"img\": \"a.png\", \"label\": 1}\n{\"img\": \"b.png\", \"label\": \"x\"}\n");
  EXPECT_THAT(list_json_lines(tree.path("list.jsonl"), "img", "label"),
              ElementsAre(named("a.png", "1"), named("b.png", "x")));
  for (const char* wrong :
       {"{\"img\": 1, \"label\": 1}", "{\"img\": \"a\"}", "[1]", "{\"img\": \"a\", \"label\": 0.5}", "{"}) {
    tree.put("list.jsonl", wrong);
    const Error error = error_of([&] { list_json_lines(tree.path("list.jsonl"), "img", "label"); });
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << wrong;
    EXPECT_THAT(error.what(), HasSubstr("record 1"));
  }
}

TEST(Kitti, TheNearestCarVanOrTruckDecides) {
  const auto object = [](const char* type, const char* z) {
    return concat(type, " 0.00 0 -0.20 712.40 143.00 810.73 307.92 1.89 0.48 1.20 1.84 1.47 ", z, " 0.01\n");
  };
  EXPECT_EQ(kitti_distance_class("", "x"), 3);
  EXPECT_EQ(kitti_distance_class(object("Pedestrian", "3"), "x"), 3);
  EXPECT_EQ(kitti_distance_class(object("Car", "8.01") + object("Truck", "7.99"), "x"), 0);
  EXPECT_EQ(kitti_distance_class(object("Van", "8.01") + object("Car", "40"), "x"), 1);
  EXPECT_EQ(kitti_distance_class(object("Car", "20.5") + object("Tram", "2"), "x"), 2);
  // On the thresholds, as the task's argmax over thresholds below the distance has it: 8 is not beyond 8.
  EXPECT_EQ(kitti_distance_class(object("Car", "8.0"), "x"), 0);
  EXPECT_EQ(kitti_distance_class(object("Car", "20.0"), "x"), 1);
  EXPECT_THAT(error_of([] { kitti_distance_class("Car 1 2\n", "000001.txt"); }).what(),
              HasSubstr("000001.txt: no distance in the object \"Car 1 2\""));
  EXPECT_EQ(error_of([&] { kitti_distance_class(object("Car", "near"), "x"); }).code(), ErrorCode::kCorrupt);
}

TEST(Clevr, ScenesAreNamesAndNumbersOfObjects) {
  SetTree tree;
  tree.put(
      "s.json",
      R"({"scenes": [{"objects": [{"a": {"objects": [1]}}, {}], "image_filename": "x.png", "b": {"image_filename": "no"}},
                                     {"image_filename": "y.png", "objects": []}], "info": {"objects": [1]}})");
  EXPECT_THAT(list_clevr(tree.path("s.json"), "images/{}"),
              ElementsAre(named("images/x.png", "2"), named("images/y.png", "0")));
  tree.put("s.json", R"({"scenes": [{"objects": [{}]}]})");
  EXPECT_THAT(error_of([&] { list_clevr(tree.path("s.json"), "{}"); }).what(), HasSubstr("scene 0 lacks"));
  tree.put("s.json", R"({"scenes": [{"objects": [{}], )");
  EXPECT_THAT(error_of([&] { list_clevr(tree.path("s.json"), "{}"); }).what(), HasSubstr("damaged JSON at byte"));
  tree.put("s.json", std::string(1000, '['));
  EXPECT_THAT(error_of([&] { list_clevr(tree.path("s.json"), "{}"); }).what(), HasSubstr("nested deeper than 64"));
}

}  // namespace
}  // namespace clipkit
