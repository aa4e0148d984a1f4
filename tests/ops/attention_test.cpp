#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using OpsAttention = testing::OpsTest;

TEST_F(OpsAttention, AttentionChecksItsArguments) {
  const std::vector<int64_t> starts = {0, 2, 5}, q_starts = {0, 1, 3}, late = {1, 2, 5}, falling = {0, 3, 2},
                             few = {0, 5}, beyond = {0, 2, 6}, gap = {0, 0, 5}, none, many = {0, 0, 4};
  const AttentionArgs good = {.q = operands({4, 6}),
                              .kv = operands({5, 12}),
                              .out = operands({4, 6}),
                              .heads = 3,
                              .causal = true,
                              .starts = starts,
                              .q_starts = q_starts};
  expect_checks<AttentionArgs>("attention", [&](const AttentionArgs& a) { ops::attention(backend_, a); }, good,
                               {{[&](auto& a) {
                                   a.q = operands({4, 6, 1});
                                 },
                                 {"q", "2 axes"}},
                                {[&](auto& a) {
                                   a.q = sums({4, 6});
                                 },
                                 {"q", "float32"}},
                                {[&](auto& a) {
                                   a.kv = operands({5, 6});
                                 },
                                 {"kv", "[5, 6]", "[5, 12]"}},
                                {[&](auto& a) {
                                   a.kv = sums({5, 12});
                                 },
                                 {"kv", "float32"}},
                                {[&](auto& a) {
                                   a.out = operands({3, 6});
                                 },
                                 {"out", "[3, 6]"}},
                                {[&](auto& a) {
                                   a.out = sums({4, 6});
                                 },
                                 {"out", "float32"}},
                                {[&](auto& a) { a.out = on_gpu(a.out); }, {"cuda:0"}},
                                {[&](auto& a) { a.heads = 4; }, {"6", "4 heads"}},
                                {[&](auto& a) { a.heads = 0; }, {"0 heads"}},
                                {[&](auto& a) { a.heads = -3; }, {"-3 heads"}},
                                {[&](auto& a) { a.starts = none; }, {"starts"}},
                                {[&](auto& a) { a.starts = late; }, {"starts", "begin at 0"}},
                                {[&](auto& a) { a.starts = beyond; }, {"starts", "within 5"}},
                                {[&](auto& a) { a.starts = falling; }, {"starts", "fall"}},
                                {[&](auto& a) { a.q_starts = falling; }, {"q_starts", "fall"}},
                                {[&](auto& a) { a.q_starts = few; }, {"q_starts"}},
                                {[&](auto& a) { a.q_starts = starts; }, {"q_starts", "within 4"}},
                                {[&](auto& a) { a.starts = gap; }, {"sequence 0", "no keys"}},
                                {[&](auto& a) { a.q_starts = many; }, {"sequence 1", "more queries than keys"}},
                                {[&](auto& a) {
                                   a.out = a.kv.slice(0, 2).reshape({4, 6});
                                 },
                                 {"out", "overlaps", "kv"}},
                                {[&](auto& a) {
                                   a.q = operands({5, 6}).slice(1, 5), a.out = TensorView(tensors_.back()).slice(0, 4);
                                 },
                                 {"out", "overlaps", "q"}}});
  AttentionArgs in_place = good;
  in_place.out = in_place.q;
  ops::attention(backend_, in_place);
  AttentionArgs not_causal = good;
  not_causal.causal = false;
  not_causal.q_starts = many;
  ops::attention(backend_, not_causal);
}

}  // namespace
}  // namespace clipkit
