#include "annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"

namespace clipkit::emoji {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHead = "<?xml version=\"1.0\"?>\n<!DOCTYPE ldml SYSTEM \"ldml.dtd\">\n<ldml><annotations>";
constexpr std::string_view kTail = "</annotations></ldml>";

std::string document(std::string_view annotations) {
  return std::string(kHead) + std::string(annotations) + std::string(kTail);
}

TEST(Annotations, GivesNameAndKeywordsOfACharacter) {
  Annotations found;
  add_annotations(document("<annotation cp=\"R\">bunny | pet |rabbit face</annotation>"
                           "<annotation cp=\"R\" type=\"tts\">rabbit face</annotation>"
                           "<annotation cp=\"&amp;\">ampersand &amp; and</annotation>"),
                  "en.xml", found);
  EXPECT_EQ(found.at("R").name, "rabbit face");
  EXPECT_THAT(found.at("R").keywords, ElementsAre("bunny", "pet", "rabbit face"));
  EXPECT_THAT(found.at("&").keywords, ElementsAre("ampersand & and"));
}

TEST(Annotations, JoinsKeywordsOfSeveralFilesAndKeepsTheFirstName) {
  Annotations found;
  add_annotations(document("<annotation cp=\"T\">gym shoe | shoe</annotation>"
                           "<annotation cp=\"T\" type=\"tts\">running shoe</annotation>"),
                  "en.xml", found);
  add_annotations(document("<annotation cp=\"T\">shoe | trainer</annotation>"
                           "<annotation cp=\"T\" type=\"tts\">trainer</annotation>"
                           "<annotation cp=\"U\">\u2191\u2191\u2191</annotation>"),
                  "en_GB.xml", found);
  EXPECT_EQ(found.at("T").name, "running shoe");
  EXPECT_THAT(found.at("T").keywords, ElementsAre("gym shoe", "shoe", "trainer"));
  EXPECT_TRUE(found.at("U").keywords.empty());
}

TEST(Annotations, RejectsWhatIsNoDocumentOfCldr) {
  Annotations found;
  for (const std::string& text : {std::string("<ldml><annotations>"), std::string(), std::string("<html></html>"),
                                  document("<annotation>rabbit</annotation>")}) {
    try {
      add_annotations(text, "en.xml", found);
      FAIL() << "accepted " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr("en.xml: "));
    }
  }
}

}  // namespace
}  // namespace clipkit::emoji
