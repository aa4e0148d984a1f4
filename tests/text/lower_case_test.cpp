#include "text/lower_case.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

TEST(LowerCase, MapsSingleCharacters) {
  EXPECT_EQ(lower_case(U"Straẞe \u212A \u00C9 \u0416 123"), U"straße k \u00E9 \u0436 123");
  EXPECT_EQ(lower_case(U"\U0001E900"), U"\U0001E922");
}

TEST(LowerCase, DottedCapitalIBecomesTwoCharacters) {
  EXPECT_EQ(lower_case(U"\u0130stanbul"), U"i\u0307stanbul");
}

TEST(LowerCase, SigmaIsFinalAtTheEndOfAWord) {
  EXPECT_EQ(lower_case(U"ΟΔΥΣΣΕΥΣ"), U"οδυσσευς");
  EXPECT_EQ(lower_case(U"ΟΔΟΣ ΟΔΟΣ."), U"οδος οδος.");
  EXPECT_EQ(lower_case(U"Σ"), U"σ");        // no letter before it
  EXPECT_EQ(lower_case(U"ΑΣ'Α"), U"ασ'α");  // an apostrophe does not end the word
  EXPECT_EQ(lower_case(U"ΑΣ'"), U"ας'");
  EXPECT_EQ(lower_case(U"Α'Σ"), U"α'ς");
}

TEST(LowerCase, FinalSigmaCanBeTurnedOff) {
  EXPECT_EQ(lower_case(U"ΟΔΟΣ", /*final_sigma=*/false), U"οδοσ");
}

}  // namespace
}  // namespace clipkit
