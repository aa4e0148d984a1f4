#include "base/sha256.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

// FIPS 180-4's examples (csrc.nist.gov, "SHA256.pdf" and the byte-oriented test vectors).
TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(sha256_hex("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  EXPECT_EQ(sha256_hex(two_blocks.data(), two_blocks.size()),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  EXPECT_EQ(sha256_hex(million.data(), million.size()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i);
  for (size_t length = 0; length <= text.size(); ++length) {
    const std::string whole = sha256_hex(text.data(), length);
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{63}, size_t{64}, size_t{65}}) {
      Sha256 hash;
      for (size_t i = 0; i < length; i += piece) hash.update(text.data() + i, std::min(piece, length - i));
      ASSERT_EQ(hash.hex_digest(), whole) << length << " in pieces of " << piece;
    }
  }
}

}  // namespace
}  // namespace clipkit
