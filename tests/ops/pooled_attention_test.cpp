#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using testing::expect_refused;
using testing::random_tensor;
using testing::to_double;
using OpsPooledAttention = testing::OpsTest;

TEST_F(OpsPooledAttention, ChecksItsArguments) {
  const auto weights = ops::pack_pooled_attention(
      backend_,
      {.k_weight = sums({6, 6}), .v_weight = sums({6, 6}), .k_bias = sums({6}), .v_bias = sums({6}), .heads = 2});
  const std::vector<int64_t> starts = {0, 2, 5}, empty = {0, 0, 5}, beyond = {0, 2, 6}, none;
  const PooledAttentionArgs good = {.q = sums({2, 6}), .x = sums({5, 6}), .out = sums({2, 6}), .starts = starts};
  expect_checks<PooledAttentionArgs>(
      "pooled_attention", [&](const PooledAttentionArgs& a) { ops::pooled_attention(backend_, *weights, a); }, good,
      {{[&](auto& a) {
          a.q = sums({3, 6});
        },
        {"q", "[3, 6]", "[2, 6]"}},
       {[&](auto& a) {
          a.q = operands({2, 6});
        },
        {"q", "bfloat16"}},
       {[&](auto& a) {
          a.x = sums({5, 4});
        },
        {"x", "[5, 4]"}},
       {[&](auto& a) {
          a.x = operands({5, 6});
        },
        {"x", "bfloat16"}},
       {[&](auto& a) {
          a.out = sums({2, 5});
        },
        {"out", "[2, 5]"}},
       {[&](auto& a) {
          a.out = operands({2, 6});
        },
        {"out", "bfloat16"}},
       {[&](auto& a) { a.out = a.x.slice(1, 3); }, {"out", "overlaps", "x"}},
       {[&](auto& a) { a.out = on_gpu(a.out); }, {"cuda:0"}},
       {[&](auto& a) { a.starts = none; }, {"starts"}},
       {[&](auto& a) { a.starts = beyond; }, {"starts", "within 5"}},
       {[&](auto& a) { a.starts = empty; }, {"sequence 0", "empty"}}});
  PooledAttentionArgs in_place = good;
  in_place.out = in_place.q;
  ops::pooled_attention(backend_, *weights, in_place);
}

TEST_F(OpsPooledAttention, BackwardChecksItsArguments) {
  const auto weights = ops::pack_pooled_attention(
      backend_,
      {.k_weight = sums({6, 6}), .v_weight = sums({6, 6}), .k_bias = sums({6}), .v_bias = sums({6}), .heads = 2});
  const std::vector<int64_t> starts = {0, 2, 5}, empty = {0, 0, 5}, beyond = {0, 2, 6};
  using Args = PooledAttentionBackwardArgs;
  expect_checks<Args>("pooled_attention_backward",
                      [&](const Args& a) { ops::pooled_attention_backward(backend_, *weights, a); },
                      {.q = sums({2, 6}),
                       .x = sums({5, 6}),
                       .dout = sums({2, 6}),
                       .dq = sums({2, 6}),
                       .dx = sums({5, 6}),
                       .dk_weight = sums({6, 6}),
                       .dv_weight = sums({6, 6}),
                       .dv_bias = sums({6}),
                       .starts = starts},
                      {{[&](auto& a) {
                          a.q = sums({3, 6});
                        },
                        {"q", "[3, 6]"}},
                       {[&](auto& a) {
                          a.x = sums({5, 4});
                        },
                        {"x", "[5, 4]"}},
                       {[&](auto& a) {
                          a.x = operands({5, 6});
                        },
                        {"x", "bfloat16"}},
                       {[&](auto& a) {
                          a.dout = sums({2, 5});
                        },
                        {"dout", "[2, 5]"}},
                       {[&](auto& a) {
                          a.dq = operands({2, 6});
                        },
                        {"dq", "bfloat16"}},
                       {[&](auto& a) { a.dq = a.q; }, {"dq", "overlaps"}},
                       {[&](auto& a) {
                          a.dx = sums({4, 6});
                        },
                        {"dx", "[4, 6]"}},
                       {[&](auto& a) { a.dx = a.x; }, {"dx", "overlaps"}},
                       {[&](auto& a) {
                          a.dk_weight = sums({6, 5});
                        },
                        {"dk_weight", "[6, 5]"}},
                       {[&](auto& a) {
                          a.dv_weight = operands({6, 6});
                        },
                        {"dv_weight", "bfloat16"}},
                       {[&](auto& a) { a.dv_bias = sums({5}); }, {"dv_bias", "[5]"}},
                       {[&](auto& a) { a.dout = on_gpu(a.dout); }, {"cuda:0"}},
                       {[&](auto& a) { a.starts = beyond; }, {"starts", "within 5"}},
                       {[&](auto& a) { a.starts = empty; }, {"sequence 0", "empty"}}});
}

TEST_F(OpsPooledAttention, ChecksItsWeights) {
  const PooledAttentionSpec good = {
      .k_weight = sums({6, 6}), .v_weight = sums({6, 6}), .k_bias = sums({6}), .v_bias = sums({6}), .heads = 2};
  const auto refused = [&](const std::function<void(PooledAttentionSpec&)>& spoil,
                           const std::vector<std::string>& words) {
    PooledAttentionSpec spec = good;
    spoil(spec);
    expect_refused([&] { ops::pack_pooled_attention(backend_, spec); }, words);
  };
  refused([&](auto& s) { s.k_weight = sums({6}); }, {"pooled_attention: k_weight", "2 axes"});
  refused([&](auto& s) { s.k_weight = sums({6, 5}); }, {"pooled_attention: k_weight", "[6, 5]"});
  refused([&](auto& s) { s.v_weight = sums({5, 6}); }, {"pooled_attention: v_weight", "[5, 6]"});
  refused([&](auto& s) { s.v_weight = made({6, 6}, DType::kInt8); }, {"pooled_attention: v_weight", "int8"});
  refused([&](auto& s) { s.k_bias = sums({5}); }, {"pooled_attention: k_bias", "[5]"});
  refused([&](auto& s) { s.v_bias = {}; }, {"pooled_attention: v_bias"});
  refused([&](auto& s) { s.heads = 4; }, {"pooled_attention: width 6", "4 heads"});
  refused([&](auto& s) { s.heads = 0; }, {"pooled_attention", "0 heads"});
}

// The definition is attention over projected keys and values.
TEST(ReferencePooledAttention, IsAttentionOfProjections) {
  constexpr int64_t kWidth = 12;
  const auto backend = make_reference_backend();
  const Tensor k_weight = random_tensor({kWidth, kWidth}, 1), v_weight = random_tensor({kWidth, kWidth}, 2),
               k_bias = random_tensor({kWidth}, 3), v_bias = random_tensor({kWidth}, 4);
  const Tensor q = to_double(random_tensor({2, kWidth}, 5)), x = to_double(random_tensor({9, kWidth}, 6));
  const std::vector<int64_t> starts = {0, 4, 9}, q_starts = {0, 1, 2};
  const Tensor out = Tensor::zeros({2, kWidth}, DType::kFloat64),
               expected = Tensor::zeros({2, kWidth}, DType::kFloat64);
  ops::pooled_attention(
      *backend,
      *ops::pack_pooled_attention(
          *backend, {.k_weight = k_weight, .v_weight = v_weight, .k_bias = k_bias, .v_bias = v_bias, .heads = 3}),
      {.q = q, .x = x, .out = out, .starts = starts});

  const Tensor k = Tensor::zeros({9, kWidth}, DType::kFloat64), v = Tensor::zeros({9, kWidth}, DType::kFloat64);
  ops::linear(*backend, *ops::pack_linear(*backend, {.weight = k_weight, .bias = k_bias}), {.x = x, .y = k});
  ops::linear(*backend, *ops::pack_linear(*backend, {.weight = v_weight, .bias = v_bias}), {.x = x, .y = v});
  const Tensor kv = Tensor::zeros({9, 2 * kWidth}, DType::kFloat64);
  for (int64_t r = 0; r < 9; ++r) {
    std::copy_n(k.row<double>(r).data(), kWidth, kv.row<double>(r).data());
    std::copy_n(v.row<double>(r).data(), kWidth, kv.row<double>(r).data() + kWidth);
  }
  ops::attention(*backend, {.q = q, .kv = kv, .out = expected, .heads = 3, .starts = starts, .q_starts = q_starts});
  for (int64_t i = 0; i < out.num_elements(); ++i) {
    EXPECT_NEAR(out.data<double>()[i], expected.data<double>()[i], 1e-13);
  }
}

}  // namespace
}  // namespace clipkit
