#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using Ops = testing::OpsTest;

TEST_F(Ops, NothingIsAskedOfTheBackendForEmptyResults) {
  const std::vector<int64_t> none = {0}, no_rows;
  const std::vector<int32_t> no_ids;
  ops::layer_norm(backend_, {.x = sums({0, 3}), .weight = sums({3}), .bias = sums({3}), .y = sums({0, 3})});
  ops::attention(
      backend_,
      {.q = operands({0, 4}), .kv = operands({0, 8}), .out = operands({0, 4}), .starts = none, .q_starts = none});
  ops::embed_tokens(
      backend_, {.ids = no_ids, .index = no_ids, .table = sums({5, 3}), .positions = sums({2, 3}), .y = sums({0, 3})});
  ops::patches(backend_, {.pixels = sums({2, 3, 3, 3}), .patch = 4, .y = operands({0, 48})});
  ops::embed_patches(
      backend_, {.patches = sums({0, 3}), .class_embedding = sums({3}), .positions = sums({5, 3}), .x = sums({0, 3})});
  ops::channels_last(backend_, {.x = sums({0, 3, 2, 2}), .y = operands({0, 2, 2, 3})});
  ops::average_pool(backend_, {.x = operands({2, 1, 9, 3}), .y = operands({2, 0, 4, 3})});
  ops::mean_token(backend_, {.x = operands({0, 4, 3}), .positions = sums({5, 3}), .y = operands({0, 3})});
  ops::gather_rows(backend_, {.x = sums({2, 3}), .rows = no_rows, .y = sums({0, 3})});
  ops::convert(backend_, {.x = missing({0, 3}, DType::kFloat32), .y = missing({0, 3}, DType::kBFloat16)});
  ops::normalize_rows(backend_, {.x = sums({0, 3}), .y = sums({0, 3})});
  ops::softmax_rows(backend_, {.x = sums({3, 0}), .y = sums({3, 0})});
  ops::similarity(backend_, {.a = sums({0, 3}), .b = sums({4, 3}), .c = sums({0, 4})});
  EXPECT_EQ(backend_.calls, 0);
}

}  // namespace
}  // namespace clipkit
