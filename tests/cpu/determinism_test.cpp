#include <map>
#include <numeric>

#include "base/concat.h"
#include "cpu/cpu_testing.h"

// The bits of a row, picture or sequence depend on it and the weights alone: not on how many others come with it, where
// it stands among them, or how many threads there are. docs/numerics.md promises it.

namespace clipkit {
namespace {

using testing::random_tensor;
using testing::same_bits;
using testing::with_threads;

// 1 to 70, and some larger ones.
std::vector<int64_t> every_count(std::vector<int64_t> larger) {
  std::vector<int64_t> counts(70);
  std::iota(counts.begin(), counts.end(), 1);
  counts.insert(counts.end(), larger.begin(), larger.end());
  return counts;
}

class Determinism : public testing::CpuBackendTest {
 protected:
  // Computes items [first, first + count) of the whole and returns them.
  using Items = std::function<Tensor(int64_t first, int64_t count)>;

  // prepare(backend) packs weights and returns what computes items with them.
  void expect_independent(const std::string& what, const std::vector<int64_t>& counts,
                          const std::function<Items(Backend&)>& prepare) {
    const int64_t most = counts.back();
    Tensor whole;
    with_threads(1, [&] { whole = prepare(*cpu_)(0, most); });
    for (const int threads : {1, 2, 3, 4}) {
      with_threads(threads, [&] {
        const auto backend = make_cpu_backend(operand());
        const Items items = prepare(*backend);
        for (const int64_t count : counts) {
          for (const int64_t first : {int64_t{0}, std::min<int64_t>(3, most - count), most - count}) {
            if (first == 0 && threads > 1 && count < most) continue;  // one thread has shown that place does not matter
            ASSERT_TRUE(same_bits(items(first, count), whole.view().slice(first, first + count)))
                << what << ": items " << first << " to " << first + count << " of " << most << " differ with "
                << threads << " threads";
          }
        }
      });
    }
  }
};
CLIPKIT_FOR_OPERAND_TYPES(Determinism);

enum class Added { kNothing, kInPlace, kElsewhere };

struct LinearCase {
  int64_t in, out;
  std::optional<Activation> activation{};
  Added added = Added::kNothing;
  bool operand_result = false;
};

std::ostream& operator<<(std::ostream& out, const LinearCase& c) {
  return out << "linear " << c.in << " to " << c.out << ", activation "
             << (c.activation ? static_cast<int>(*c.activation) : -1) << ", residual " << static_cast<int>(c.added)
             << (c.operand_result ? ", operand result" : "");
}

class DeterminismOfLinear : public Determinism {
 protected:
  void SetUp() override {
    CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC();
    Determinism::SetUp();
  }
  void expect_rows_independent(const LinearCase& c, const std::vector<int64_t>& counts) {
    const int64_t most = counts.back();
    const Tensor weight = random_tensor({c.out, c.in}, 1), bias = random_tensor({c.out}, 2);
    const Tensor x = operands({most, c.in}, 3), residual = random_tensor({most, c.out}, 4);
    expect_independent(::testing::PrintToString(c), counts, [&](Backend& b) -> Items {
      std::shared_ptr<PackedLinear> weights = ops::pack_linear(b, {.weight = weight, .bias = bias});
      return [&, weights](int64_t first, int64_t count) {
        const TensorView added = residual.view().slice(first, first + count);
        Tensor y = c.added == Added::kInPlace
                       ? Tensor::copy_of(added)
                       : Tensor::empty({count, c.out}, c.operand_result ? operand() : DType::kFloat32);
        TensorView joined;
        if (c.added == Added::kInPlace) joined = y;
        if (c.added == Added::kElsewhere) joined = added;
        ops::linear(
            b, *weights,
            {.x = x.view().slice(first, first + count), .y = y, .activation = c.activation, .residual = joined});
        return y;
      };
    });
  }
};
CLIPKIT_FOR_OPERAND_TYPES(DeterminismOfLinear);

TEST_P(DeterminismOfLinear, RowsHaveTheSameBitsForEveryCount) {
  expect_rows_independent({64, 48}, every_count({128, 200, 650, 1600}));
  expect_rows_independent({64, 48, {}, Added::kInPlace}, every_count({128, 200, 650}));
  expect_rows_independent({64, 256, Activation::kQuickGelu, Added::kNothing, true}, every_count({128, 200, 650}));
}

TEST_P(DeterminismOfLinear, RowsHaveTheSameBitsInRealLayers) {
  const std::vector<int64_t> counts = {1, 2, 3, 7, 8, 13, 50, 65, 77, 128, 200, 650};
  expect_rows_independent({768, 768, {}, Added::kInPlace}, counts);
  expect_rows_independent({512, 1024, {}, Added::kNothing, true}, counts);
  expect_rows_independent({320, 1280, Activation::kGelu, Added::kNothing, true}, counts);
}

TEST_P(DeterminismOfLinear, RowsHaveTheSameBitsWithEveryActivationAndResidual) {
  for (const auto activation : {std::optional<Activation>(), std::optional(Activation::kQuickGelu),
                                std::optional(Activation::kGelu), std::optional(Activation::kGeluTanh)}) {
    for (const Added added : {Added::kNothing, Added::kInPlace, Added::kElsewhere}) {
      expect_rows_independent({64, 48, activation, added}, {1, 2, 3, 6, 7, 8, 9, 25, 50, 127, 200});
    }
  }
}

TEST_P(DeterminismOfLinear, RowsHaveTheSameBitsForOddWidths) {
  for (const LinearCase& c : {LinearCase{17, 33}, {192, 16}, {768, 7}, {1, 1}, {3, 5}, {100, 100}}) {
    for (const Added added : {Added::kNothing, Added::kInPlace, Added::kElsewhere}) {
      expect_rows_independent({c.in, c.out, {}, added}, {1, 2, 3, 4, 6, 7, 8, 9, 25, 31, 50, 127, 200});
    }
  }
}

struct ConvolutionCase {
  int64_t in, out, side;
  int kernel, stride;
  bool relu;
  Added added = Added::kNothing;
};

TEST_P(Determinism, ConvolvedPicturesHaveTheSameBits) {
  CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC();
  for (const ConvolutionCase& c : {ConvolutionCase{3, 32, 32, 3, 2, true},
                                   {32, 64, 28, 3, 1, true},
                                   {64, 64, 14, 1, 1, true},
                                   {64, 256, 14, 1, 1, true, Added::kInPlace},
                                   {64, 256, 14, 1, 1, true, Added::kElsewhere},
                                   {256, 64, 7, 1, 1, true},
                                   {64, 64, 7, 3, 1, true},
                                   {12, 20, 8, 3, 1, true},
                                   {8, 20, 7, 1, 1, true, Added::kInPlace},
                                   {10, 10, 5, 3, 1, false},
                                   {7, 3, 1, 1, 1, false},
                                   {16, 32, 1, 1, 1, true, Added::kElsewhere}}) {
    const std::vector<int64_t> counts = {1, 2, 3, 4, 5, 7, 8, 16, 33};
    const Tensor weight = random_tensor({c.out, c.in, c.kernel, c.kernel}, 1), bias = random_tensor({c.out}, 2);
    const Tensor x = operands({counts.back(), c.side, c.side, c.in}, 3);
    const int64_t result = (c.side - 1) / c.stride + 1;
    const Tensor residual = operands({counts.back(), result, result, c.out}, 4);
    expect_independent(
        concat("convolution ", c.in, " to ", c.out, ", ", c.kernel, "x", c.kernel, ", ", c.side, " px, residual ",
               static_cast<int>(c.added)),
        counts, [&](Backend& b) -> Items {
          std::shared_ptr<PackedConvolution> weights =
              ops::pack_convolution(b, {.weight = weight, .bias = bias, .stride = c.stride, .padding = c.kernel / 2});
          return [&, weights](int64_t first, int64_t count) {
            const TensorView added = residual.view().slice(first, first + count);
            Tensor y = c.added == Added::kInPlace ? Tensor::copy_of(added) : Tensor::empty(added.shape(), operand());
            TensorView joined;
            if (c.added == Added::kInPlace) joined = y;
            if (c.added == Added::kElsewhere) joined = added;
            ops::convolution(b, *weights,
                             {.x = x.view().slice(first, first + count), .y = y, .relu = c.relu, .residual = joined});
            return y;
          };
        });
  }
}

TEST_P(Determinism, AttentionOfASequenceIsTheSameInAnyBatch) {
  constexpr int64_t kSequences = 70, kWidth = 96;
  std::vector<int64_t> starts = {0};
  for (int64_t n = 0; n < kSequences; ++n) starts.push_back(starts.back() + 1 + n * 7 % 50);
  const Tensor q = operands({starts.back(), kWidth}, 1), kv = operands({starts.back(), 2 * kWidth}, 2);
  for (const bool causal : {false, true}) {
    for (const int heads : {1, 3, 4}) {
      // Sequences have different lengths, so their results are compared row by row of the packed batch.
      const auto run = [&](Backend& b, int64_t first, int64_t count) {
        const int64_t begin = starts[static_cast<size_t>(first)], end = starts[static_cast<size_t>(first + count)];
        std::vector<int64_t> here;
        for (int64_t n = first; n <= first + count; ++n) here.push_back(starts[static_cast<size_t>(n)] - begin);
        Tensor out = Tensor::empty({end - begin, kWidth}, operand());
        ops::attention(b, {.q = q.view().slice(begin, end),
                           .kv = kv.view().slice(begin, end),
                           .out = out,
                           .heads = heads,
                           .causal = causal,
                           .starts = here,
                           .q_starts = here});
        return out;
      };
      const Tensor whole = run(*cpu_, 0, kSequences);
      for (const int threads : {1, 2, 3, 4}) {
        with_threads(threads, [&] {
          for (const int64_t count : {int64_t{1}, int64_t{2}, int64_t{7}, int64_t{33}, kSequences}) {
            for (int64_t first = 0; first + count <= kSequences; first += 11) {
              ASSERT_TRUE(same_bits(
                  run(*cpu_, first, count),
                  whole.view().slice(starts[static_cast<size_t>(first)], starts[static_cast<size_t>(first + count)])))
                  << count << " sequences from " << first << ", " << threads << " threads";
            }
          }
        });
      }
    }
  }
}

// A single query at the end, as in a tower's last block, against the last row of the full run; and a causal prefix.
TEST_P(Determinism, AttentionRowsHaveTheSameBitsWhateverTheOtherQueries) {
  constexpr int64_t kLength = 77, kWidth = 64;
  const Tensor q = operands({kLength, kWidth}, 1), kv = operands({kLength, 2 * kWidth}, 2);
  for (const bool causal : {false, true}) {
    const auto run = [&](int64_t first_query, int64_t keys) {
      const std::vector<int64_t> starts = {0, keys}, q_starts = {0, keys - first_query};
      Tensor out = Tensor::empty({keys - first_query, kWidth}, operand());
      ops::attention(*cpu_, {.q = q.view().slice(first_query, keys),
                             .kv = kv.view().slice(0, keys),
                             .out = out,
                             .heads = 2,
                             .causal = causal,
                             .starts = starts,
                             .q_starts = q_starts});
      return out;
    };
    const Tensor whole = run(0, kLength);
    for (int64_t first = 0; first < kLength; ++first) {
      EXPECT_TRUE(same_bits(run(first, kLength), whole.view().slice(first, kLength))) << first << " causal " << causal;
      if (!causal) continue;
      EXPECT_TRUE(same_bits(run(0, first + 1), whole.view().slice(0, first + 1))) << "prefix " << first + 1;
    }
  }
}

TEST_P(Determinism, RowsOfEverythingElseHaveTheSameBits) {
  const std::vector<int64_t> counts = every_count({128, 200});
  const int64_t most = counts.back();
  for (const int64_t width : {17, 80, 768}) {
    const Tensor x = random_tensor({most, width}, 1), weight = random_tensor({width}, 2),
                 bias = random_tensor({width}, 3), other = random_tensor({37, width}, 4);
    const Tensor pictures = operands({most, 4, 4, width}, 5), tokens = operands({most, 9, width}, 6),
                 positions = random_tensor({10, width}, 7);
    const auto rows = [&](int64_t first, int64_t count) { return x.view().slice(first, first + count); };
    expect_independent("layer_norm", counts, [&](Backend& b) -> Items {
      return [&](int64_t first, int64_t count) {
        Tensor y = Tensor::empty({count, width}, operand());
        ops::layer_norm(b, {.x = rows(first, count), .weight = weight, .bias = bias, .y = y});
        return y;
      };
    });
    expect_independent("normalize_rows", counts, [&](Backend& b) -> Items {
      return [&](int64_t first, int64_t count) {
        Tensor y = Tensor::empty({count, width});
        ops::normalize_rows(b, {.x = rows(first, count), .y = y});
        return y;
      };
    });
    expect_independent("softmax_rows", counts, [&](Backend& b) -> Items {
      return [&](int64_t first, int64_t count) {
        Tensor y = Tensor::empty({count, width});
        ops::softmax_rows(b, {.x = rows(first, count), .y = y});
        return y;
      };
    });
    expect_independent("similarity, rows of a", counts, [&](Backend& b) -> Items {
      return [&](int64_t first, int64_t count) {
        Tensor c = Tensor::empty({count, 37});
        ops::similarity(b, {.a = rows(first, count), .b = other, .c = c, .alpha = 100});
        return c;
      };
    });
    expect_independent("average_pool", {1, 2, 3, 16, 70}, [&](Backend& b) -> Items {
      return [&](int64_t first, int64_t count) {
        Tensor y = Tensor::empty({count, 2, 2, width}, operand());
        ops::average_pool(b, {.x = pictures.view().slice(first, first + count), .y = y});
        return y;
      };
    });
    expect_independent("mean_token", {1, 2, 3, 16, 70}, [&](Backend& b) -> Items {
      return [&](int64_t first, int64_t count) {
        Tensor y = Tensor::empty({count * 10, width}, operand());
        ops::mean_token(b, {.x = tokens.view().slice(first, first + count), .positions = positions, .y = y});
        return Tensor(y.view().reshape({count, 10, width}), y.owner());
      };
    });
  }
}

// c[i, j] does not change with the number of rows of b, or with j.
TEST_P(Determinism, SimilarityHasTheSameBitsForAnyNumberOfColumns) {
  constexpr int64_t kMost = 200, kWidth = 100;
  const Tensor a = random_tensor({3, kWidth}, 1), b = random_tensor({kMost, kWidth}, 2);
  const auto run = [&](int64_t first, int64_t count) {
    Tensor c = Tensor::empty({3, count});
    ops::similarity(*cpu_, {.a = a, .b = b.view().slice(first, first + count), .c = c, .alpha = 14.3});
    return c;
  };
  const Tensor whole = run(0, kMost);
  for (int64_t count = 1; count <= 70; ++count) {
    for (const int64_t first : {0, 1, 63, 129}) {
      const Tensor part = run(first, count);
      for (int64_t i = 0; i < 3; ++i) {
        EXPECT_EQ(0, std::memcmp(part.row<float>(i).data(), whole.row<float>(i).data() + first,
                                 static_cast<size_t>(count) * sizeof(float)))
            << count << " from " << first;
      }
    }
  }
}

}  // namespace
}  // namespace clipkit
