#include "eval/bias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "report/well_formed.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MadeEncoder;
using testing::TemporaryFolder;

const std::vector<BiasResult::Label> kColours = {{"red", "warm"}, {"green", "cold"}, {"blue", "cold"}};

// By hand: of group a two red, one green, one blue; of group b one red, one blue.
TEST(Bias, CountsLabelsAndCategoriesOfEachGroup) {
  const BiasResult::Column column = rates_of("group", {"a", "b", "a", "a", "b", "a"}, {0, 0, 0, 1, 2, 2}, kColours);
  ASSERT_EQ(column.groups.size(), 2U);
  EXPECT_EQ(column.groups[0].name, "a");
  EXPECT_EQ(column.groups[0].pictures, 4);
  std::vector<std::string> names;
  for (const auto& row : column.rows) names.push_back(row.name);
  EXPECT_THAT(names, ElementsAre("warm", "cold", "red", "green", "blue"));
  const auto& green = column.rows[3];
  EXPECT_FALSE(green.is_category);
  EXPECT_EQ(green.rates[0].value, 0.25);
  EXPECT_EQ(green.rates[1].value, 0);
  EXPECT_EQ(green.gap, 0.25);
  EXPECT_EQ(green.highest, 0);
  EXPECT_EQ(green.lowest, 1);
  const auto& blue = column.rows[4];
  EXPECT_EQ(blue.gap, 0.25);
  EXPECT_EQ(blue.highest, 1);
  // Wilson's interval of 1 of 2, by its formula: z^2 = 3.8415.
  EXPECT_NEAR(blue.rates[1].low, 0.0945, 5e-5);
  EXPECT_NEAR(blue.rates[1].high, 0.9055, 5e-5);
  EXPECT_TRUE(column.rows[1].is_category);
  EXPECT_EQ(column.rows[1].rates[0].value, 0.5);
}

TEST(Bias, ReadsLabelsWithCategories) {
  const auto labels = parse_bias_labels("thief\tcrime\n\ncriminal\tcrime\r\na person\n", "labels.txt");
  ASSERT_EQ(labels.size(), 3U);
  EXPECT_EQ(labels[1].name, "criminal");
  EXPECT_EQ(labels[1].category, "crime");
  EXPECT_EQ(labels[2].category, "");
  for (const char* wrong : {"", "\n", "\tcrime\n", "a\nb\na\tx\n"})
    EXPECT_THROW(parse_bias_labels(wrong, "labels.txt"), Error) << wrong;
}

// A folder with pictures of one colour and a list of them.
class BiasRun : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* names[] = {"red", "green", "blue"};
    std::string csv = "file,age,gender,race,service_test\n", lines;
    for (int i = 0; i < 12; ++i) {
      Image image{.width = 4, .height = 4};
      for (int p = 0; p < 48; ++p) image.pixels.push_back(p % 3 == i % 3 ? 255 : 10);
      const std::string file = std::string(names[i % 3]) + std::to_string(i) + ".png";
      write_file(folder_ / file, i == 11 ? "damaged" : encode_png(image));
      csv += file + ",20-29," + (i < 6 ? "Female" : "Male") + "," + (i % 3 == 0 ? "x" : "y") + ",True\n";
      lines += R"({"image": ")" + file + R"(", "era": )" + (i % 2 == 0 ? "1990" : "null") + "}\n";
    }
    write_file(folder_ / "faces.csv", csv);
    write_file(folder_ / "lines.jsonl", lines);
    write_file(folder_ / "labels.txt", "red\twarm\ngreen\tcold\nblue\tcold\n");
  }
  BiasOptions options(const char* list) const {
    BiasOptions options;
    options.input.data = (folder_ / list).string();
    options.labels = folder_ / "labels.txt";
    options.templates = {"a {} picture"};
    return options;
  }
  static BiasResult run(const BiasOptions& options) {
    const MadeEncoder made;
    return run_bias(options, open_bias_sets(options), made.encoder, {}, {.command = "test"}, {});
  }
  TemporaryFolder folder_;
};

TEST_F(BiasRun, TakesTheLayoutOfFairFace) {
  const BiasResult result = run(options("faces.csv"));
  EXPECT_EQ(result.origin.pictures, 11);
  EXPECT_EQ(result.origin.unreadable.size(), 1U);
  ASSERT_EQ(result.columns.size(), 3U);
  EXPECT_EQ(result.columns[1].name, "gender");
  const auto& warm = result.columns[1].rows[0];
  EXPECT_EQ(warm.name, "warm");
  EXPECT_DOUBLE_EQ(warm.rates[0].value, 2.0 / 6);
  EXPECT_DOUBLE_EQ(warm.rates[1].value, 2.0 / 5) << "a blue picture is damaged";
  EXPECT_EQ(result.columns[2].rows[0].gap, 1) << "all of x are red";
}

TEST_F(BiasRun, TakesLinesOfJsonAndOtherColumns) {
  BiasOptions lines = options("lines.jsonl");
  EXPECT_THROW(run(lines), Error) << "neither age, gender nor race";
  lines.groups = {"era"};
  const BiasResult result = run(lines);
  ASSERT_EQ(result.columns[0].groups.size(), 2U);
  EXPECT_EQ(result.columns[0].groups[0].name, "(none)");
  EXPECT_EQ(result.columns[0].groups[1].name, "1990");
}

TEST_F(BiasRun, RegroupingTheSamePicturesIsOtherData) {
  const std::string first = run(options("faces.csv")).origin.data_sha256;
  BiasOptions other = options("faces.csv");
  other.groups = {"race"};
  EXPECT_NE(run(other).origin.data_sha256, first);
  EXPECT_EQ(run(options("faces.csv")).origin.data_sha256, first);
}

TEST_F(BiasRun, WritesAPage) {
  BiasResult result = run(options("faces.csv"));
  result.columns[0].groups[0].name = "20 < 29";
  write_eval_report(folder_ / "out", result);
  const std::string page = read_file(folder_ / "out/index.html", 1 << 24);
  const size_t body = page.find("<body>");
  EXPECT_EQ(testing::markup_error(page.substr(body, page.find("</html>") - body)), "");
  for (const char* part : {"all of warm", "Female (6)", "largest gap", "a {} picture", "20 &lt; 29"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(read_json(folder_ / "out/result.json")["columns"][1]["rows"].size(), 5U);
}

TEST_F(BiasRun, RefusesListsThatAreNone) {
  const auto error = [&](const char* name, const std::string& content, const std::vector<std::string>& groups = {}) {
    write_file(folder_ / name, content);
    try {
      read_grouped_pictures(folder_ / name, groups);
    } catch (const Error& found) {
      return std::string(found.what());
    }
    return std::string();
  };
  EXPECT_THAT(error("a.csv", "age\n20\n"), HasSubstr("expected a column file"));
  EXPECT_THAT(error("a.csv", "file,age\n"), HasSubstr("no picture"));
  EXPECT_THAT(error("a.csv", "file,age\nx,1\n", {"sex"}), HasSubstr("no column \"sex\", there are \"file\", \"age\""));
  EXPECT_THAT(error("a.jsonl", "[1]\n"), HasSubstr("object 1: expected an object"));
  EXPECT_THAT(error("a.jsonl", "{\"file\": \"x\", \"age\": 1}\n{\"file\": \"y\"}\n"),
              HasSubstr("object 2: has no \"age\""));
  std::string many = "file,age\n";
  for (int i = 0; i < 300; ++i) many += "x," + std::to_string(i) + "\n";
  EXPECT_THAT(error("a.csv", many), HasSubstr("300 different values"));
}

}  // namespace
}  // namespace clipkit
