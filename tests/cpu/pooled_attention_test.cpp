#include "ops/pooled_attention.h"

#include "base/concat.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::random_tensor;
using testing::same_bits;
using testing::to_double;

class CpuPooledAttention : public testing::CpuBackendTest {
 protected:
  struct Weights {
    Weights(int64_t D, uint32_t seed)
        : k(random_tensor({D, D}, seed, DType::kFloat32, 1 / std::sqrt(static_cast<float>(D)))),
          v(random_tensor({D, D}, seed + 1, DType::kFloat32, 1 / std::sqrt(static_cast<float>(D)))),
          k_bias(random_tensor({D}, seed + 2)),
          v_bias(random_tensor({D}, seed + 3)) {}
    PooledAttentionSpec spec(int heads) const {
      return {.k_weight = k, .v_weight = v, .k_bias = k_bias, .v_bias = v_bias, .heads = heads};
    }
    Tensor k, v, k_bias, v_bias;
  };
};

TEST_P(CpuPooledAttention, MatchesTheReferenceThatProjectsEveryPosition) {
  struct Case {
    int64_t D;
    int heads;
    std::vector<int64_t> starts;
  };
  for (const Case& c : {Case{16, 1, {0, 1}}, Case{48, 3, {0, 5, 6, 13}}, Case{30, 3, {0, 4, 9}},
                        Case{128, 2, {0, 5, 10}}, Case{256, 4, {0, 50, 100, 150, 200, 250, 300, 350}}}) {
    const Weights w(c.D, 7);
    const auto batch = static_cast<int64_t>(c.starts.size()) - 1;
    const Tensor q = random_tensor({batch, c.D}, 1), x = random_tensor({c.starts.back(), c.D}, 2);
    const auto on_reference = [&](const Tensor& queries, const Tensor& rows, const Weights& weights) {
      Tensor out = Tensor::zeros(q.shape(), DType::kFloat64);
      const auto packed = ops::pack_pooled_attention(*reference_, weights.spec(c.heads));
      ops::pooled_attention(*reference_, *packed, {.q = queries, .x = rows, .out = out, .starts = c.starts});
      return out;
    };
    const Tensor expected = on_reference(to_double(q), to_double(x), w);

    // A score is a sum of Dh D products of q, Wk and x, all at most 1 in magnitude but for the weights' 1 / sqrt D: it
    // is off by gamma(Dh + D + 2) of sum |q| |Wk| |x| / sqrt Dh <= Dh sqrt D / sqrt Dh. The softmax turns an error e of
    // its scores into a relative one of 2 e in each probability; exp and the sums add gamma(S + 8). The weighted mean
    // and its projection are sums of S and D terms of at most |Wv| |x| <= sqrt D.
    const double D = static_cast<double>(c.D), Dh = D / c.heads, S = static_cast<double>(c.starts.back());
    const double score_error = gamma(Dh + D + 2) * std::sqrt(Dh) * std::sqrt(D);
    const double tolerance = (2 * score_error + gamma(S + 8) + gamma(S + D + 2)) * (std::sqrt(D) + 1);

    const auto packed = ops::pack_pooled_attention(*cpu_, w.spec(c.heads));
    const std::string what = concat("D ", c.D, ", heads ", c.heads);
    for (const bool in_place : {false, true}) {
      const GuardedTensor out = in_place ? GuardedTensor(q) : GuardedTensor(q.shape(), DType::kFloat32, 1);
      ops::pooled_attention(*cpu_, *packed,
                            {.q = in_place ? out.view() : q.view(), .x = x, .out = out, .starts = c.starts});
      EXPECT_TRUE(out.guards_intact()) << what;
      expect_within(
          out, expected, [&](int64_t) { return tolerance; }, what);
    }
  }
}

TEST_P(CpuPooledAttention, GivesASequenceTheSameBitsInAnyBatchAndWithAnyNumberOfThreads) {
  constexpr int64_t kD = 128, kRows = 10, kBatch = 13;
  const Weights w(kD, 3);
  const Tensor q = random_tensor({kBatch, kD}, 1), x = random_tensor({kBatch * kRows, kD}, 2);
  const auto run = [&](int64_t first, int64_t count) {
    std::vector<int64_t> starts;
    for (int64_t n = 0; n <= count; ++n) starts.push_back(n * kRows);
    Tensor out = Tensor::empty({count, kD});
    const auto packed = ops::pack_pooled_attention(*cpu_, w.spec(2));
    ops::pooled_attention(*cpu_, *packed,
                          {.q = q.view().slice(first, first + count),
                           .x = x.view().slice(first * kRows, (first + count) * kRows),
                           .out = out,
                           .starts = starts});
    return out;
  };
  const Tensor all = run(0, kBatch);
  for (const int threads : {1, 2, 3}) {
    testing::with_threads(threads, [&] {
      for (const int64_t count : {1, 2, 7, 13}) {
        for (int64_t first = 0; first + count <= kBatch; first += count) {
          EXPECT_TRUE(same_bits(run(first, count), all.view().slice(first, first + count))) << first << ", " << count;
        }
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, CpuPooledAttention, ::testing::Values(DType::kFloat32), testing::dtype_name);

}  // namespace
}  // namespace clipkit
