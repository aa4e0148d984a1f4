#include "base/concat.h"
#include "cpu/cpu_testing.h"

// The CPU's backward passes beside the reference's in float64, on the same operands.

namespace clipkit {
namespace {

using testing::expect_agreement;
using testing::GuardedTensor;
using testing::random_tensor;
using testing::to_double;

class CpuGradient : public testing::CpuBackendTest {
 protected:
  Tensor sums(Shape shape, uint32_t seed) const { return random_tensor(shape, seed); }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuGradient);

TEST_P(CpuGradient, OfLinearWeightsAgreesWithTheReference) {
  for (const bool transposed : {false, true}) {
    for (const int64_t rows : {1, 7, 64, 150}) {
      for (const auto& [in, out] : {std::pair<int64_t, int64_t>{3, 5}, {64, 48}, {33, 17}}) {
        const Tensor x = operands({rows, in}, 1), dy = operands({rows, out}, 2);
        const Tensor before = sums(transposed ? Shape{in, out} : Shape{out, in}, 3), bias_before = sums({out}, 4);
        const Tensor dweight = to_double(before), dbias = to_double(bias_before);
        ops::linear_weight_gradient(
            *reference_,
            {.x = to_double(x), .dy = to_double(dy), .dweight = dweight, .dbias = dbias, .transposed = transposed});
        const GuardedTensor found(before.view(), 1), found_bias(bias_before.view(), 1);
        ops::linear_weight_gradient(
            *cpu_, {.x = x, .dy = dy, .dweight = found, .dbias = found_bias, .transposed = transposed});
        EXPECT_TRUE(found.guards_intact() && found_bias.guards_intact());
        expect_agreement(found, dweight, concat("dweight of ", rows, " rows"));
        expect_agreement(found_bias, dbias, concat("dbias of ", rows, " rows"));
      }
    }
  }
}

// A sum kept as operands is rounded once: half a unit of its last place from what float32 has.
TEST_P(CpuGradient, OfLinearWeightsMayBeKeptAsOperandsWithTheSameBitsWithAnyThreads) {
  CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC();
  for (const auto& [rows, in, out] :
       {std::tuple<int64_t, int64_t, int64_t>{7, 64, 48}, {3000, 16, 16}, {900, 96, 40}, {129, 33, 17}}) {
    const Tensor x = operands({rows, in}, 1), dy = operands({rows, out}, 2), exact = Tensor::zeros({out, in});
    ops::linear_weight_gradient(*cpu_, {.x = x, .dy = dy, .dweight = exact});
    for (const int threads : {1, 2, 3}) {
      const GuardedTensor found({out, in}, operand(), 1);
      cpu_->zero(found);
      testing::with_threads(threads, [&] { ops::linear_weight_gradient(*cpu_, {.x = x, .dy = dy, .dweight = found}); });
      EXPECT_TRUE(found.guards_intact());
      const Tensor rounded = Tensor::empty({out, in}, operand());
      if (operand() == DType::kFloat32) {
        std::memcpy(rounded.view().raw(), exact.view().raw(), exact.view().bytes());
      } else {
        ops::convert(*cpu_, {.x = exact, .y = rounded});
      }
      EXPECT_TRUE(testing::same_bits(found, rounded)) << rows << " rows, " << threads << " threads";
    }
  }
}

// Few outputs of many rows are what a product of matrices would rather share out by rows, one sum for each thread.
TEST_P(CpuGradient, OfLinearWeightsHasTheSameBitsWithAnyThreads) {
  CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC();
  struct Case {
    int64_t rows, in, out;
  };
  for (const Case& c :
       {Case{6, 512, 512}, {12544, 64, 64}, {3000, 16, 16}, {900, 96, 40}, {700, 768, 256}, {129, 33, 17}}) {
    const Tensor x = operands({c.rows, c.in}, 1), dy = operands({c.rows, c.out}, 2);
    for (const bool transposed : {false, true}) {
      Tensor first;
      for (const int threads : {1, 2, 3, 4}) {
        testing::with_threads(threads, [&] {
          const Tensor dweight = Tensor::zeros(transposed ? Shape{c.in, c.out} : Shape{c.out, c.in});
          ops::linear_weight_gradient(*cpu_, {.x = x, .dy = dy, .dweight = dweight, .transposed = transposed});
          if (!first) first = Tensor::copy_of(dweight);
          EXPECT_TRUE(testing::same_bits(dweight, first))
              << c.rows << " rows, " << c.in << " to " << c.out << ", " << threads << " threads";
        });
      }
    }
  }
}

TEST_P(CpuGradient, OfActivationsAgreesWithTheReference) {
  for (const Activation activation : {Activation::kQuickGelu, Activation::kGelu, Activation::kGeluTanh}) {
    for (const int64_t n : {1, 15, 16, 17, 300, 40000}) {
      const Tensor x = operands({n}, 1, 6), dy = operands({n}, 2);
      const Tensor y = Tensor::empty({n}, DType::kFloat64), dx = Tensor::empty({n}, DType::kFloat64);
      ops::activate(*reference_, {.x = to_double(x), .y = y, .activation = activation});
      ops::activate_backward(*reference_, {.x = to_double(x), .dy = to_double(dy), .dx = dx, .activation = activation});
      const GuardedTensor found({n}, operand(), 1), gradient({n}, operand(), 1);
      ops::activate(*cpu_, {.x = x, .y = found, .activation = activation});
      ops::activate_backward(*cpu_, {.x = x, .dy = dy, .dx = gradient, .activation = activation});
      EXPECT_TRUE(found.guards_intact() && gradient.guards_intact());
      expect_agreement(found, y, concat("y of ", n));
      expect_agreement(gradient, dx, concat("dx of ", n));
    }
  }
}

TEST_P(CpuGradient, OfActivationsFarFromZeroIsThatOfTheirLimits) {
  for (const Activation activation : {Activation::kQuickGelu, Activation::kGelu, Activation::kGeluTanh}) {
    for (const float far : {50.0F, 60.0F, 62.0F, 75.0F, 100.0F, 1e4F, 1e10F}) {
      for (const float side : {-1.0F, 1.0F}) {  // 0 to the left and x to the right, with slopes of 0 and 1
        const Tensor x = operands({20}, 1, 0, side * far), y = operands({20}, 1), dx = operands({20}, 1);
        ops::activate(*cpu_, {.x = x, .y = y, .activation = activation});
        ops::activate_backward(*cpu_, {.x = x, .dy = x, .dx = dx, .activation = activation});
        const Tensor value = to_double(x), found = to_double(y), gradient = to_double(dx);
        const double limit = side < 0 ? 0 : value.data<double>()[0];
        for (int64_t i = 0; i < 20; ++i) {
          EXPECT_NEAR(found.data<double>()[i], limit, 1e-6) << value.data<double>()[i];
          EXPECT_NEAR(gradient.data<double>()[i], limit, 1e-6) << value.data<double>()[i];
        }
      }
    }
  }
}

TEST_P(CpuGradient, OfLayerNormAgreesWithTheReference) {
  for (const int64_t rows : {1, 63, 64, 65, 130}) {
    for (const int64_t width : {1, 7, 16, 33, 768}) {
      const Tensor x = sums({rows, width}, 1), weight = sums({width}, 2), dy = sums({rows, width}, 3);
      const Tensor dx = Tensor::empty({rows, width}, DType::kFloat64), dweight = to_double(weight),
                   dbias = to_double(weight);
      ops::layer_norm_backward(*reference_, {.x = to_double(x),
                                             .weight = to_double(weight),
                                             .eps = 1e-2,
                                             .dy = to_double(dy),
                                             .dx = dx,
                                             .dweight = dweight,
                                             .dbias = dbias});
      const GuardedTensor found({rows, width}, DType::kFloat32, 1), found_weight(weight.view()),
          found_bias(weight.view());
      ops::layer_norm_backward(
          *cpu_,
          {.x = x, .weight = weight, .eps = 1e-2, .dy = dy, .dx = found, .dweight = found_weight, .dbias = found_bias});
      EXPECT_TRUE(found.guards_intact() && found_weight.guards_intact() && found_bias.guards_intact());
      if (width > 1) expect_agreement(found, dx, concat("dx of ", rows, " rows of ", width));
      expect_agreement(found_weight, dweight, concat("dweight of ", rows, " rows of ", width));
      expect_agreement(found_bias, dbias, concat("dbias of ", rows, " rows of ", width));
    }
  }
}

TEST_P(CpuGradient, OfAttentionAgreesWithTheReferenceAndIsTheSameWithAnyThreads) {
  struct Case {
    std::vector<int64_t> starts, q_starts;
    int64_t rows, queries, head;
    bool causal;
  };
  for (const Case& s : {Case{{0, 1, 8, 25}, {0, 1, 8, 25}, 28, 28, 64, true},
                        {{0, 50, 100}, {0, 50, 100}, 100, 100, 80, false},
                        {{0, 12, 29}, {0, 1, 2}, 29, 2, 17, true}}) {
    const int64_t width = 2 * s.head;
    const Tensor q = operands({s.queries, width}, 1), kv = operands({s.rows, 2 * width}, 2),
                 dout = operands({s.queries, width}, 3);
    const Tensor dq = Tensor::empty(q.shape(), DType::kFloat64), dkv = Tensor::empty(kv.shape(), DType::kFloat64);
    ops::attention_backward(*reference_, {.q = to_double(q),
                                          .kv = to_double(kv),
                                          .dout = to_double(dout),
                                          .dq = dq,
                                          .dkv = dkv,
                                          .heads = 2,
                                          .causal = s.causal,
                                          .starts = s.starts,
                                          .q_starts = s.q_starts});
    std::vector<Tensor> first;
    for (const int threads : {1, 3}) {
      const GuardedTensor found(q.shape(), operand(), 1), found_kv(kv.shape(), operand(), 1);
      testing::with_threads(threads, [&] {
        ops::attention_backward(*cpu_, {.q = q,
                                        .kv = kv,
                                        .dout = dout,
                                        .dq = found,
                                        .dkv = found_kv,
                                        .heads = 2,
                                        .causal = s.causal,
                                        .starts = s.starts,
                                        .q_starts = s.q_starts});
      });
      EXPECT_TRUE(found.guards_intact() && found_kv.guards_intact());
      expect_agreement(found, dq, "dq");
      expect_agreement(found_kv, dkv, "dkv");
      if (first.empty()) {
        first.push_back(Tensor::copy_of(found));
        first.push_back(Tensor::copy_of(found_kv));
      }
      EXPECT_TRUE(testing::same_bits(found, first[0]) && testing::same_bits(found_kv, first[1]));
    }
  }
}

TEST_P(CpuGradient, OfEmbeddingsAgreesWithTheReference) {
  const std::vector<int32_t> ids = {2, 0, 2, -1, 4}, index = {0, 1, 0, 0, 1};
  const int64_t width = 300;
  const Tensor dy = sums({5, width}, 1), table = sums({5, width}, 2), positions = sums({2, width}, 3);
  const Tensor dtable = to_double(table), dpositions = to_double(positions);
  ops::embed_tokens_backward(
      *reference_, {.ids = ids, .index = index, .dy = to_double(dy), .dtable = dtable, .dpositions = dpositions});
  ops::embed_tokens_backward(*cpu_, {.ids = ids, .index = index, .dy = dy, .dtable = table, .dpositions = positions});
  expect_agreement(table, dtable, "dtable");
  expect_agreement(positions, dpositions, "dpositions");

  const Tensor dx = sums({10, width}, 4), dclass = sums({width}, 5), places = sums({5, width}, 6);
  const Tensor exact_patches = Tensor::empty({8, width}, DType::kFloat64), exact_class = to_double(dclass),
               exact_places = to_double(places);
  ops::embed_patches_backward(*reference_, {.length = 5,
                                            .dx = to_double(dx),
                                            .dpatches = exact_patches,
                                            .dclass_embedding = exact_class,
                                            .dpositions = exact_places});
  const GuardedTensor patches({8, width}, operand(), 1);
  ops::embed_patches_backward(
      *cpu_, {.length = 5, .dx = dx, .dpatches = patches, .dclass_embedding = dclass, .dpositions = places});
  EXPECT_TRUE(patches.guards_intact());
  expect_agreement(patches, exact_patches, "dpatches");
  expect_agreement(dclass, exact_class, "dclass_embedding");
  expect_agreement(places, exact_places, "dpositions");
}

TEST_P(CpuGradient, OfNormalizedRowsAndJoinsAgreesWithTheReference) {
  const Tensor x = sums({9, 40}, 1), dy = sums({9, 40}, 2), dx = Tensor::empty({9, 40}, DType::kFloat64);
  ops::normalize_rows_backward(*reference_, {.x = to_double(x), .dy = to_double(dy), .dx = dx});
  const GuardedTensor found({9, 40}, DType::kFloat32, 1);
  ops::normalize_rows_backward(*cpu_, {.x = x, .dy = dy, .dx = found});
  EXPECT_TRUE(found.guards_intact());
  expect_agreement(found, dx, "dx");

  const std::vector<int64_t> rows = {1, 4, 8};
  const Tensor few = sums({3, 40}, 3), exact = to_double(x);
  ops::scatter_add_rows(*reference_, {.x = to_double(few), .rows = rows, .y = exact});
  ops::add(*reference_, {.a = exact, .b = to_double(dy), .y = exact});
  ops::scatter_add_rows(*cpu_, {.x = few, .rows = rows, .y = x});
  ops::add(*cpu_, {.a = x, .b = dy, .y = x});
  expect_agreement(x, exact, "sum");
}

}  // namespace
}  // namespace clipkit
