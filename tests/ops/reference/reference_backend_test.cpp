#include "ops/reference/reference_backend.h"

#include "clipkit/error.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using testing::make_tensor;
using testing::to_double;

TEST(ReferenceBackend, ComputesInFloat32OrFloat64) {
  EXPECT_EQ(make_reference_backend()->sum_dtype(), DType::kFloat64);
  EXPECT_EQ(make_reference_backend(DType::kFloat32)->operand_dtype(), DType::kFloat32);
  EXPECT_THROW(make_reference_backend(DType::kBFloat16), Error);
}

TEST(ReferenceBackend, TakesParametersOfAnyFloatingType) {
  const auto backend = make_reference_backend();
  const std::vector<float> values = {0.5f, -2, 1024, 0.09375f};  // exact in every type
  for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBFloat16, DType::kFloat64}) {
    const Tensor host = make_tensor({4}, values, dtype);
    const Tensor uploaded = backend->upload(host);
    EXPECT_EQ(uploaded.dtype(), DType::kFloat64);
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(uploaded.data<double>()[i], values[i]);
    const Tensor kept = backend->upload(host, true);
    EXPECT_EQ(kept.dtype(), dtype);
    EXPECT_EQ(kept.view().raw(), host.view().raw());  // shared
  }
}

TEST(ReferenceBackend, BringsResultsToTheHostAsTheyAreOrAsFloat32) {
  const auto backend = make_reference_backend();
  const Tensor result = to_double(make_tensor({3}, {1, -0.1f, 3}));
  const Tensor same = Tensor::zeros({3}, DType::kFloat64), single = Tensor::zeros({3});
  backend->download(result, same);
  backend->download(result, single);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(same.data<double>()[i], result.data<double>()[i]);
    EXPECT_EQ(single.data<float>()[i], static_cast<float>(result.data<double>()[i]));
  }
}

TEST(ReferenceBackend, TurnsTransposedWeights) {
  const auto backend = make_reference_backend();
  const Tensor weight = make_tensor({2, 3}, {1, 2, 3, 4, 5, 6}), x = to_double(make_tensor({1, 2}, {1, 10}));
  const auto packed = ops::pack_linear(*backend, {.weight = weight, .transposed = true});
  EXPECT_EQ(packed->in(), 2);
  EXPECT_EQ(packed->out(), 3);
  const Tensor y = Tensor::zeros({1, 3}, DType::kFloat64);
  ops::linear(*backend, *packed, {.x = x, .y = y});
  EXPECT_EQ(y.data<double>()[0], 41);
  EXPECT_EQ(y.data<double>()[1], 52);
  EXPECT_EQ(y.data<double>()[2], 63);
}

TEST(ReferenceBackend, KeepsPackedSequencesApart) {
  const auto backend = make_reference_backend();
  // Equal scores; sequences of 1, 2 and 3 keys; values of width 2 in two heads.
  const Tensor q = Tensor::zeros({6, 2}, DType::kFloat64);
  const Tensor kv =
      to_double(make_tensor({6, 4}, {0, 0, 1, 10, 0, 0, 2, 20, 0, 0, 4, 40, 0, 0, 3, 30, 0, 0, 6, 60, 0, 0, 9, 90}));
  const Tensor out = Tensor::zeros({6, 2}, DType::kFloat64);
  const std::vector<int64_t> starts = {0, 1, 3, 6};
  ops::attention(*backend, {.q = q, .kv = kv, .out = out, .heads = 2, .starts = starts, .q_starts = starts});
  const double expected[] = {1, 10, 3, 30, 3, 30, 6, 60, 6, 60, 6, 60};
  for (int i = 0; i < 12; ++i) EXPECT_NEAR(out.data<double>()[i], expected[i], 1e-14 * expected[i]) << i;
}

TEST(ReferenceBackend, EmbedsTokensAndZeroesPadding) {
  const auto backend = make_reference_backend();
  const Tensor table = make_tensor({2, 2}, {1, 2, 3, 4}, DType::kFloat16);
  const Tensor positions = to_double(make_tensor({2, 2}, {10, 20, 30, 40})), y = Tensor::zeros({3, 2}, DType::kFloat64);
  const std::vector<int32_t> ids = {1, -1, 0}, index = {0, 0, 1};
  for (double& value : y.span<double>()) value = NAN;
  ops::embed_tokens(*backend, {.ids = ids, .index = index, .table = table, .positions = positions, .y = y});
  const double expected[] = {13, 24, 0, 0, 31, 42};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y.data<double>()[i], expected[i]);
}

TEST(ReferenceBackend, PutsChannelsLast) {
  const auto backend = make_reference_backend();
  const Tensor x = make_tensor({1, 2, 1, 3}, {1, 2, 3, 10, 20, 30}), y = Tensor::zeros({1, 1, 3, 2}, DType::kFloat64);
  ops::channels_last(*backend, {.x = x, .y = y});
  const double expected[] = {1, 10, 2, 20, 3, 30};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y.data<double>()[i], expected[i]);
}

}  // namespace
}  // namespace clipkit
