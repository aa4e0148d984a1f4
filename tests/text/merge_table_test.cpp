#include "text/merge_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

namespace clipkit {
namespace {

using Symbols = std::vector<int32_t>;

// The definition, as the reference implementation writes it.
Symbols apply_by_definition(const std::vector<MergeTable::Merge>& merges, Symbols symbols) {
  const auto rank = [&](int32_t left, int32_t right) -> std::optional<size_t> {
    for (size_t r = 0; r < merges.size(); ++r) {
      if (merges[r].left == left && merges[r].right == right) return r;
    }
    return std::nullopt;
  };
  while (true) {
    std::optional<size_t> lowest;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto r = rank(symbols[i], symbols[i + 1]);
      if (r && (!lowest || *r < *lowest)) lowest = r;
    }
    if (!lowest) return symbols;
    Symbols merged;
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (i + 1 < symbols.size() && symbols[i] == merges[*lowest].left && symbols[i + 1] == merges[*lowest].right) {
        merged.push_back(merges[*lowest].result);
        ++i;
      } else {
        merged.push_back(symbols[i]);
      }
    }
    symbols = merged;
  }
}

Symbols apply(const MergeTable& table, Symbols symbols) {
  symbols.resize(table.apply(symbols));
  return symbols;
}

TEST(MergeTable, WithoutMergesChangesNothing) {
  const MergeTable empty;
  EXPECT_EQ(apply(empty, {}), Symbols{});
  EXPECT_EQ(apply(empty, {1, 2, 3}), (Symbols{1, 2, 3}));
  EXPECT_EQ(apply(empty, Symbols(1000, 5)), Symbols(1000, 5));
}

TEST(MergeTable, MergesTheLowestRankFirst) {
  const MergeTable table({{2, 3, 10}, {1, 2, 11}, {1, 10, 12}});
  EXPECT_EQ(apply(table, {1, 2, 3}), (Symbols{12}));
  EXPECT_EQ(apply(table, {1, 2, 4}), (Symbols{11, 4}));
}

TEST(MergeTable, RepeatedSymbolsMergeFromTheLeft) {
  const MergeTable table({{1, 1, 10}});
  EXPECT_EQ(apply(table, {1, 1, 1}), (Symbols{10, 1}));
  EXPECT_EQ(apply(table, {1, 1, 1, 1, 1}), (Symbols{10, 10, 1}));
  Symbols many(101, 10);
  many.back() = 1;
  EXPECT_EQ(apply(table, Symbols(201, 1)), many);
}

// Tables that no training would give, in which a merge can make a pair of lower rank, short and long pieces.
TEST(MergeTable, MatchesTheDefinitionOnRandomTables) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return static_cast<int32_t>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 300; ++round) {
    std::vector<MergeTable::Merge> merges;
    int32_t num_symbols = 3;
    for (int i = 0; i < 12; ++i) {
      const int32_t left = below(num_symbols), right = below(num_symbols);
      const bool known =
          std::any_of(merges.begin(), merges.end(), [&](const auto& m) { return m.left == left && m.right == right; });
      if (!known) merges.push_back({left, right, num_symbols++});
    }
    std::shuffle(merges.begin(), merges.end(), random);
    const MergeTable table(merges);
    for (const int length : {1, 2, 7, 47, 48, 49, 50, 160}) {
      Symbols symbols(static_cast<size_t>(length));
      for (int32_t& symbol : symbols) symbol = below(3);
      ASSERT_EQ(apply(table, symbols), apply_by_definition(merges, symbols))
          << "round " << round << ", length " << length;
    }
  }
}

}  // namespace
}  // namespace clipkit
