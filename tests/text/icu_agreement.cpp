// Our pinned tables against ICU's: they agree on every character that both know, and what differs is listed here.
// ICU 72 has Unicode 15.0. Our classes are Unicode 15.0's as well, casing and normalisation 14.0's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <functional>
#include <set>

#include "text/lower_case.h"
#include "text/normalize.h"
#include "text/unicode.h"

namespace clipkit {
namespace {

constexpr int kUnicode14 = 14, kUnicode15 = 15;

// The Unicode version that brought the character; 0 if ICU knows none.
int age(char32_t c) {
  UVersionInfo version;
  u_charAge(static_cast<UChar32>(c), version);
  return version[0];
}

// All characters, of up to the given version of Unicode, for which the two sides differ.
std::set<char32_t> differences(int max_age, const std::function<bool(char32_t)>& same) {
  std::set<char32_t> found;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    if (!surrogate && age(c) <= max_age && !same(c)) found.insert(c);
  }
  return found;
}

icu::UnicodeString to_icu(std::u32string_view text) {
  return icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()),
                                       static_cast<int32_t>(text.size()));
}

bool has_flag(char32_t c, CharFlag flag) {
  return UnicodeTables::get().is(c, flag);
}

TEST(IcuAgreement, IcuKnowsUnicode15) {
  UVersionInfo version;
  u_getUnicodeVersion(version);
  EXPECT_GE(version[0], kUnicode15);
}

TEST(IcuAgreement, LettersAndNumbers) {
  const auto category_is = [](char32_t c, uint32_t mask) {
    return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
  };
  EXPECT_TRUE(
      differences(kUnicode15, [&](char32_t c) { return has_flag(c, kLetter) == category_is(c, U_GC_L_MASK); }).empty());
  EXPECT_TRUE(
      differences(kUnicode15, [&](char32_t c) { return has_flag(c, kNumber) == category_is(c, U_GC_N_MASK); }).empty());
  EXPECT_TRUE(differences(kUnicode14, [&](char32_t c) {
                return has_flag(c, kDecimalDigit) == category_is(c, U_GC_ND_MASK);
              }).empty());
}

TEST(IcuAgreement, WhiteSpace) {
  EXPECT_TRUE(differences(kUnicode15, [](char32_t c) {
                return has_flag(c, kRegexSpace) == bool(u_isUWhiteSpace(static_cast<UChar32>(c)));
              }).empty());
  // Python counts the four information separators as white space, Unicode does not.
  EXPECT_THAT(
      differences(kUnicode14,
                  [](char32_t c) { return has_flag(c, kPySpace) == bool(u_isUWhiteSpace(static_cast<UChar32>(c))); }),
      testing::ElementsAre(0x1C, 0x1D, 0x1E, 0x1F));
}

TEST(IcuAgreement, LowerCase) {
  EXPECT_TRUE(differences(kUnicode14, [](char32_t c) {
                const std::u32string text(1, c);
                return to_icu(lower_case(text)) == to_icu(text).toLower(icu::Locale::getRoot());
              }).empty());
}

TEST(IcuAgreement, FinalSigma) {
  const auto same = [](char32_t c) {
    for (const std::u32string& text : {std::u32string{c, U'\u03A3'}, std::u32string{U'A', c, U'\u03A3', c},
                                       std::u32string{U'A', U'\u03A3', c, U'A'}}) {
      if (to_icu(lower_case(text)) != to_icu(text).toLower(icu::Locale::getRoot())) return false;
    }
    return true;
  };
  EXPECT_TRUE(differences(kUnicode14, same).empty());
}

TEST(IcuAgreement, NormalFormC) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  ASSERT_TRUE(U_SUCCESS(status));
  // Each character alone, decomposed, and among marks that reorder and compose.
  const auto same = [&](char32_t c) {
    const icu::UnicodeString decomposed = nfd->normalize(to_icu(std::u32string(1, c)), status);
    std::u32string codes(static_cast<size_t>(decomposed.countChar32()), 0);
    decomposed.toUTF32(reinterpret_cast<UChar32*>(codes.data()), static_cast<int32_t>(codes.size()), status);
    for (const std::u32string& text :
         {std::u32string(1, c), codes, std::u32string{U'a', c, U'\u0323', U'\u0302'}, codes + U"\u0323\u0301",
          std::u32string{c, U'\u0338'}, std::u32string{c, U'\u1161', U'\u11A8'},
          std::u32string{U'\u0915', U'\u0327', c}}) {
      if (to_icu(normalize_nfc(text)) != nfc->normalize(to_icu(text), status)) return false;
    }
    return true;
  };
  EXPECT_TRUE(differences(kUnicode14, same).empty());
  EXPECT_TRUE(U_SUCCESS(status));
}

// Characters that came with Unicode 15.0 and which 14.0's tables therefore leave alone: ten marks with a combining
// class. No other new character has a lower case or a decomposition.
TEST(IcuAgreement, WhatUnicode15AddedToNormalisation) {
  std::set<char32_t> added;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (age(c) != kUnicode15) continue;
    if (u_getCombiningClass(static_cast<UChar32>(c)) != UnicodeTables::get().combining_class[c]) added.insert(c);
    EXPECT_EQ(u_tolower(static_cast<UChar32>(c)), static_cast<UChar32>(c));
    EXPECT_EQ(UnicodeTables::get().decomposition[c][0], 0u);
  }
  EXPECT_THAT(added, testing::ElementsAre(0x10EFD, 0x10EFE, 0x10EFF, 0x11F41, 0x11F42, 0x1E08F, 0x1E4EC, 0x1E4ED,
                                          0x1E4EE, 0x1E4EF));
}

}  // namespace
}  // namespace clipkit
