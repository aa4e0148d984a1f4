#include "base/concat.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::magnitudes;
using testing::random_tensor;
using testing::to_double;

struct Ragged {
  std::vector<int64_t> starts, q_starts;
};
// Sequences of (queries, keys).
Ragged ragged(const std::vector<std::pair<int64_t, int64_t>>& sequences) {
  Ragged result{{0}, {0}};
  for (const auto& [queries, keys] : sequences) {
    result.q_starts.push_back(result.q_starts.back() + queries);
    result.starts.push_back(result.starts.back() + keys);
  }
  return result;
}

class CpuAttention : public testing::CpuBackendTest {
 protected:
  // q, kv: operand type. In place: out is q.
  void expect_agreement(const Tensor& q, const Tensor& kv, int heads, bool causal, const Ragged& rows, bool in_place,
                        const std::string& what) {
    const int64_t width = q.shape()[1], head = width / heads;
    const auto run = [&](const Tensor& keys_values) {
      const Tensor queries = to_double(q);
      Tensor out = Tensor::zeros(q.shape(), DType::kFloat64);
      ops::attention(*reference_, {.q = queries,
                                   .kv = keys_values,
                                   .out = out,
                                   .heads = heads,
                                   .causal = causal,
                                   .starts = rows.starts,
                                   .q_starts = rows.q_starts});
      return out;
    };
    const Tensor expected = run(to_double(kv));
    Tensor value_magnitudes = to_double(kv);  // sum of p |v|
    for (int64_t r = 0; r < kv.shape()[0]; ++r) {
      for (double& v : value_magnitudes.row<double>(r).subspan(static_cast<size_t>(width))) v = std::abs(v);
    }
    const Tensor weighted = run(value_magnitudes);

    const GuardedTensor out = in_place ? GuardedTensor(q) : GuardedTensor(q.shape(), operand(), 1);
    ops::attention(*cpu_, {.q = in_place ? out.view() : q.view(),
                           .kv = kv,
                           .out = out,
                           .heads = heads,
                           .causal = causal,
                           .starts = rows.starts,
                           .q_starts = rows.q_starts});
    EXPECT_TRUE(out.guards_intact()) << what;

    // A score of Dh products is off by at most s = gamma(Dh + 2) sum |q| |k| / sqrt(Dh). The largest one is subtracted,
    // which rounds once and may move all by s; exp adds two roundings of its result (Highway: one unit in the last
    // place). So each weight p, and their sum, is off by a factor of e^(2s + r) at most, and the quotient by twice
    // that; the weighted sum of nk values and its division add gamma(nk + 4).
    const Tensor a = magnitudes(q), b = magnitudes(kv);
    std::vector<double> factor(static_cast<size_t>(q.shape()[0]), 0);
    int64_t longest = 0;
    for (size_t n = 0; n + 1 < rows.starts.size(); ++n) {
      longest = std::max(longest, rows.starts[n + 1] - rows.starts[n]);
      for (int64_t i = rows.q_starts[n]; i < rows.q_starts[n + 1]; ++i) {
        for (int h = 0; h < heads; ++h) {
          double largest = 0;
          for (int64_t j = rows.starts[n]; j < rows.starts[n + 1]; ++j) {
            double sum = 0;
            for (int64_t d = 0; d < head; ++d) {
              sum += a.row<double>(i)[static_cast<size_t>(h * head + d)] *
                     b.row<double>(j)[static_cast<size_t>(h * head + d)];
            }
            largest = std::max(largest, sum / std::sqrt(static_cast<double>(head)));
          }
          const double score = gamma(static_cast<double>(head) + 2) * largest, rounding = gamma(2 * largest + 4);
          double& f = factor[static_cast<size_t>(i)];
          f = std::max(f, std::expm1(2 * (2 * score + rounding)));
        }
      }
    }
    const auto written = static_cast<int64_t>(rows.q_starts.back());
    expect_within(
        out.view().slice(0, written), expected.view().slice(0, written),
        [&](int64_t i) {
          return (factor[static_cast<size_t>(i / width)] + gamma(static_cast<double>(longest) + 4)) *
                 weighted.data<double>()[i];
        },
        what);
  }

  void expect_agreement(int heads, int64_t head, bool causal, const Ragged& rows, bool in_place,
                        const std::string& what) {
    expect_agreement(operands({rows.q_starts.back(), heads * head}, 1),
                     operands({rows.starts.back(), 2 * heads * head}, 2), heads, causal, rows, in_place, what);
  }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuAttention);

TEST_P(CpuAttention, AgreesWithTheReferenceForEveryLength) {
  for (const int64_t head : {1, 3, 16, 17, 33, 64}) {
    for (const int64_t length : {1, 2, 3, 5, 6, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 50, 77}) {
      for (const bool causal : {false, true}) {
        expect_agreement(2, head, causal, ragged({{length, length}}), length % 2 == 0,
                         concat("head ", head, ", length ", length, causal ? ", causal" : ""));
      }
    }
  }
}

TEST_P(CpuAttention, AgreesWithTheReferenceForTheHeadsOfPublishedModels) {
  for (const int64_t head : {64, 80, 88, 104}) {
    for (const int64_t length : {50, 77, 130}) {
      for (const bool causal : {false, true}) {
        expect_agreement(2, head, causal, ragged({{length, length}}), true, concat("head ", head, ", length ", length));
      }
    }
  }
}

TEST_P(CpuAttention, ServesPackedSequencesOfDifferentLengths) {
  const Ragged rows = ragged({{1, 1}, {12, 12}, {77, 77}, {0, 0}, {2, 2}, {40, 40}, {7, 7}, {0, 0}});
  for (const int heads : {1, 2, 5}) {
    for (const bool causal : {false, true}) {
      for (const bool in_place : {false, true}) expect_agreement(heads, 16, causal, rows, in_place, "ragged");
    }
  }
}

TEST_P(CpuAttention, ServesFewerQueriesThanKeys) {
  // The last block: one query at the end; then other counts, none among them, and more queries than keys.
  for (const bool causal : {false, true}) {
    expect_agreement(2, 24, causal, ragged({{1, 50}, {1, 7}, {1, 1}, {1, 77}}), false, "one query each");
    expect_agreement(2, 24, causal, ragged({{3, 20}, {0, 5}, {19, 20}, {6, 40}, {8, 9}}), false, "fewer queries");
  }
  expect_agreement(2, 24, false, ragged({{20, 3}, {1, 1}, {9, 2}}), false, "more queries");
}

TEST_P(CpuAttention, LeavesRowsAfterTheLastSequenceAlone) {
  const Ragged rows = ragged({{3, 3}, {2, 2}});
  const Tensor q = operands({8, 16}, 1), kv = operands({8, 32}, 2);
  const GuardedTensor out(q);
  ops::attention(*cpu_, {.q = out, .kv = kv, .out = out, .heads = 2, .starts = rows.starts, .q_starts = rows.q_starts});
  EXPECT_TRUE(testing::same_bits(out.view().slice(5, 8), q.view().slice(5, 8)));
  EXPECT_FALSE(testing::same_bits(out.view().slice(0, 5), q.view().slice(0, 5)));
}

TEST_P(CpuAttention, SurvivesScoresOfTenThousand) {
  constexpr int64_t kLength = 19, kHead = 64;
  const Ragged rows = ragged({{kLength, kLength}});
  for (const float scale : {12.0f, 36.0f, 1000.0f, 1e-3f, 1e-20f}) {  // scores about scale^2 * 8 / 3
    for (const bool causal : {false, true}) {
      expect_agreement(operands({kLength, kHead}, 1, scale), operands({kLength, 2 * kHead}, 2, scale), 1, causal, rows,
                       false, concat("scale ", scale));
    }
  }
}

TEST_P(CpuAttention, WeighsEqualKeysEqually) {
  // q = 0: every score is 0, the result is the plain mean of the values.
  constexpr int64_t kLength = 32, kHead = 16;
  const Ragged rows = ragged({{kLength, kLength}});
  expect_agreement(to_dtype(Tensor::zeros({kLength, kHead}), operand()), operands({kLength, 2 * kHead}, 2), 1, false,
                   rows, false, "equal scores");
  expect_agreement(operands({kLength, kHead}, 1, 0, -5), operands({kLength, 2 * kHead}, 2, 0, 7), 1, true, rows, false,
                   "equal everything");
}

TEST_P(CpuAttention, DoesNothingForNoSequences) {
  const std::vector<int64_t> none = {0};
  const Tensor q = operands({3, 8}, 1), kv = operands({2, 16}, 2);
  const GuardedTensor out(q);
  ops::attention(*cpu_, {.q = q, .kv = kv, .out = out, .heads = 2, .starts = none, .q_starts = none});
  EXPECT_TRUE(testing::same_bits(out, q));
}

}  // namespace
}  // namespace clipkit
