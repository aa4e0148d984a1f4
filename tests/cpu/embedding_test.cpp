#include "base/concat.h"
#include "cpu/cpu_testing.h"

// These operations round once or not at all, so the result is the reference's, rounded: a sum of two float32 is exact
// in float64 or rounds the same way.

namespace clipkit {
namespace {

using testing::GuardedTensor;
using testing::random_tensor;
using testing::same_bits;
using testing::to_double;

class CpuEmbedding : public testing::CpuBackendTest {
 protected:
  static void expect_rounded(const GuardedTensor& found, const Tensor& expected, const std::string& what) {
    EXPECT_TRUE(same_bits(found, to_dtype(expected, found.view().dtype()))) << what;
    EXPECT_TRUE(found.guards_intact()) << what;
  }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuEmbedding);

TEST_P(CpuEmbedding, EmbedsTokensFromTablesOfAnyType) {
  constexpr int64_t kVocab = 50, kLength = 20;
  for (const int64_t width : {1, 3, 16, 17, 64, 768}) {
    const Tensor positions = random_tensor({kLength, width}, 1);
    for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBFloat16, DType::kFloat64}) {
      const Tensor table = random_tensor({kVocab, width}, 2, dtype);
      for (const int64_t rows : {0, 1, 2, 33, 200}) {
        std::vector<int32_t> ids, index;
        for (int64_t r = 0; r < rows; ++r) {
          ids.push_back(r % 7 == 5 ? -1 : static_cast<int32_t>(r * 17 % kVocab));
          index.push_back(static_cast<int32_t>(r % kLength));
        }
        const Tensor exact = to_double(positions);
        Tensor expected = Tensor::empty({rows, width}, DType::kFloat64);
        ops::embed_tokens(*reference_, {.ids = ids, .index = index, .table = table, .positions = exact, .y = expected});
        const GuardedTensor y({rows, width}, DType::kFloat32, 1);
        ops::embed_tokens(*cpu_, {.ids = ids, .index = index, .table = table, .positions = positions, .y = y});
        expect_rounded(y, expected, concat(rows, " rows of ", width, ", table of ", to_string(dtype)));
      }
    }
  }
}

TEST_P(CpuEmbedding, CutsPicturesIntoPatches) {
  struct Case {
    int64_t N, C, H, W, P;
  };
  for (const Case& c : {Case{1, 3, 32, 32, 16},
                        {2, 3, 28, 28, 14},
                        {3, 1, 5, 9, 2},
                        {1, 3, 7, 7, 1},
                        {2, 2, 33, 35, 32},
                        {1, 4, 3, 3, 3},
                        {0, 3, 8, 8, 4},
                        {2, 3, 3, 3, 4}}) {
    const Tensor pixels = random_tensor({c.N, c.C, c.H, c.W}, 1);
    const Shape shape = {c.N * (c.H / c.P) * (c.W / c.P), c.C * c.P * c.P};
    Tensor expected = Tensor::empty(shape, DType::kFloat64);
    ops::patches(*reference_, {.pixels = pixels, .patch = c.P, .y = expected});
    const GuardedTensor y(shape, operand(), 1);
    ops::patches(*cpu_, {.pixels = pixels, .patch = c.P, .y = y});
    expect_rounded(y, expected, concat(c.N, " x ", c.C, " x ", c.H, " x ", c.W, ", patch ", c.P));
  }
}

TEST_P(CpuEmbedding, PutsTheClassTokenBeforeThePatches) {
  for (const int64_t batch : {0, 1, 2, 5}) {
    for (const int64_t length : {2, 5, 50}) {
      for (const int64_t width : {1, 17, 64}) {
        const Tensor patches = random_tensor({batch * (length - 1), width}, 1), token = random_tensor({width}, 2),
                     positions = random_tensor({length, width}, 3);
        const Tensor exact_patches = to_double(patches), exact_token = to_double(token), exact = to_double(positions);
        Tensor expected = Tensor::empty({batch * length, width}, DType::kFloat64);
        ops::embed_patches(
            *reference_, {.patches = exact_patches, .class_embedding = exact_token, .positions = exact, .x = expected});
        const GuardedTensor x({batch * length, width}, DType::kFloat32, 1);
        ops::embed_patches(*cpu_, {.patches = patches, .class_embedding = token, .positions = positions, .x = x});
        expect_rounded(x, expected, concat(batch, " x ", length, " x ", width));
      }
    }
  }
}

TEST_P(CpuEmbedding, PutsChannelsLast) {
  for (const Shape& shape :
       {Shape{1, 3, 4, 4}, {2, 3, 7, 5}, {3, 1, 1, 1}, {1, 17, 3, 2}, {2, 3, 1, 224}, {0, 3, 4, 4}}) {
    const Tensor x = random_tensor(shape, 1);
    const Shape last = {shape[0], shape[2], shape[3], shape[1]};
    Tensor expected = Tensor::empty(last, DType::kFloat64);
    ops::channels_last(*reference_, {.x = x, .y = expected});
    const GuardedTensor y(last, operand(), 1);
    ops::channels_last(*cpu_, {.x = x, .y = y});
    expect_rounded(y, expected, to_string(shape));
  }
}

TEST_P(CpuEmbedding, GathersRowsInAnyOrder) {
  const Tensor x = operands({9, 33}, 1);
  const std::vector<int64_t> rows = {8, 0, 0, 3, 7};
  const GuardedTensor y({5, 33}, operand(), 1);
  ops::gather_rows(*cpu_, {.x = x, .rows = rows, .y = y});
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    EXPECT_TRUE(same_bits(y.view().slice(at, at + 1), x.view().slice(rows[i], rows[i] + 1)));
  }
  EXPECT_TRUE(y.guards_intact());
}

}  // namespace
}  // namespace clipkit
