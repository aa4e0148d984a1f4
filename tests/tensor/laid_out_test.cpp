#include "tensor/laid_out.h"

#include <gtest/gtest.h>

#include "clipkit/error.h"

namespace clipkit {
namespace {

TEST(LaidOut, NewMemoryIsWholeWordsAndEndsInZeros) {
  const LaidOutMemory memory = memory_for(nullptr, "f32 3", 12);
  EXPECT_FALSE(memory.is_filled);
  ASSERT_EQ(memory.words.shape(), Shape({8}));
  for (size_t i = 2; i < 8; ++i) EXPECT_EQ(memory.words.span<uint64_t>()[i], 0u);
}

TEST(LaidOut, AnEmptyOneReceivesTheMemoryAndGivesItBackLater) {
  LaidOut known;
  const LaidOutMemory made = memory_for(&known, "f32 3", 12);
  EXPECT_FALSE(made.is_filled);
  EXPECT_EQ(known.layout, "f32 3");
  EXPECT_EQ(known.words.view().raw(), made.words.view().raw());
  const LaidOutMemory found = memory_for(&known, "f32 3", 12);
  EXPECT_TRUE(found.is_filled);
  EXPECT_EQ(found.words.view().raw(), made.words.view().raw());
}

TEST(LaidOut, AnotherLayoutOrSizeIsRefused) {
  LaidOut known;
  memory_for(&known, "f32 3", 12);
  const auto code_of = [&](const char* layout, size_t bytes) {
    try {
      memory_for(&known, layout, bytes);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kCancelled;
  };
  EXPECT_EQ(code_of("bf16 3", 12), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of("f32 3", 65), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace clipkit
