#include "base/concat.h"
#include "clipkit/error.h"
#include "support/tensors.h"

// What ops::... refuse before a backend is called: every wrong argument is an Error that names operation and tensor.

namespace clipkit {
namespace {

constexpr DType kDouble = DType::kFloat64, kSingle = DType::kFloat32;

void expect_refused(const std::function<void()>& call, const std::vector<std::string>& words) {
  try {
    call();
    ADD_FAILURE() << "not refused: " << ::testing::PrintToString(words);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

// A backend whose operand and sum types differ, so that each type check counts: nothing is ever computed on it.
class TwoTypes : public Backend {
 public:
  explicit TwoTypes(Backend& storage) : storage_(storage) {}
  Device device() const override { return {}; }
  DType operand_dtype() const override { return DType::kBFloat16; }
  DType sum_dtype() const override { return DType::kFloat32; }
  Tensor allocate(Shape shape, DType dtype) override { return storage_.allocate(shape, dtype); }
  Tensor upload(const Tensor& host, bool keep) override { return storage_.upload(host, keep); }
  void download(TensorView, TensorView) override { ++calls; }
  void synchronize() override {}
  int64_t padded_rows(int64_t rows) const override { return rows; }
  std::unique_ptr<PackedLinear> pack(const LinearSpec& spec) override { return storage_.pack(spec); }
  void linear(const PackedLinear&, const LinearArgs&) override { ++calls; }
  std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec) override { return storage_.pack(spec); }
  void convolution(const PackedConvolution&, const ConvolutionArgs&) override { ++calls; }
  void layer_norm(const LayerNormArgs&) override { ++calls; }
  void attention(const AttentionArgs&) override { ++calls; }
  void embed_tokens(const EmbedTokensArgs&) override { ++calls; }
  void patches(const PatchesArgs&) override { ++calls; }
  void embed_patches(const EmbedPatchesArgs&) override { ++calls; }
  void channels_last(const ChannelsLastArgs&) override { ++calls; }
  void average_pool(const AveragePoolArgs&) override { ++calls; }
  void mean_token(const MeanTokenArgs&) override { ++calls; }
  void gather_rows(const GatherRowsArgs&) override { ++calls; }
  void convert(const ConvertArgs&) override { ++calls; }
  void normalize_rows(const NormalizeRowsArgs&) override { ++calls; }
  void softmax_rows(const SoftmaxRowsArgs&) override { ++calls; }
  void similarity(const SimilarityArgs&) override { ++calls; }

  int calls = 0;

 private:
  Backend& storage_;
};

class Ops : public ::testing::Test {
 protected:
  // Shape and type count here, elements do not.
  TensorView sums(Shape shape) { return made(shape, DType::kFloat32); }
  TensorView operands(Shape shape) { return made(shape, DType::kBFloat16); }
  TensorView made(Shape shape, DType dtype) { return tensors_.emplace_back(Tensor::zeros(shape, dtype)); }
  static TensorView on_gpu(TensorView view) {
    return {view.raw(), view.shape(), view.dtype(), {Device::Kind::kCuda, 0}};
  }
  static TensorView missing(Shape shape, DType dtype) { return {static_cast<void*>(nullptr), shape, dtype}; }

  // Calls with the good arguments, which must pass, and once for each spoilt copy of them, which must be refused with
  // an error that has the words, the operation among them.
  template <class Args>
  struct Spoilt {
    std::function<void(Args&)> spoil;
    std::vector<std::string> words;
  };
  template <class Args>
  void expect_checks(const char* op, const std::function<void(const Args&)>& call, const Args& good,
                     const std::vector<Spoilt<Args>>& all_spoilt) {
    const int before = backend_.calls;
    call(good);
    EXPECT_EQ(backend_.calls, before + 1) << op;
    for (const auto& spoilt : all_spoilt) {
      Args args = good;
      spoilt.spoil(args);
      std::vector<std::string> words = spoilt.words;
      words.push_back(concat(op, ": "));
      expect_refused([&] { call(args); }, words);
    }
    EXPECT_EQ(backend_.calls, before + 1) << op << ": a refused call reached the backend";
  }

  std::unique_ptr<Backend> storage_ = make_reference_backend(DType::kFloat32);
  TwoTypes backend_{*storage_};
  std::vector<Tensor> tensors_;
};

TEST_F(Ops, LinearChecksItsArguments) {
  const auto weights = ops::pack_linear(backend_, {.weight = sums({4, 3})});
  const LinearArgs good = {.x = operands({2, 3}), .y = sums({2, 4}), .residual = sums({2, 4})};
  expect_checks<LinearArgs>("linear", [&](const LinearArgs& a) { ops::linear(backend_, *weights, a); }, good,
                            {{[&](auto& a) {
                                a.x = operands({2, 4});
                              },
                              {"x", "[2, 4]", "[2, 3]"}},
                             {[&](auto& a) {
                                a.x = operands({2, 3, 1});
                              },
                              {"x", "2 axes"}},
                             {[&](auto& a) {
                                a.x = sums({2, 3});
                              },
                              {"x", "float32", "bfloat16"}},
                             {[&](auto& a) {
                                a.x = missing({2, 3}, DType::kBFloat16);
                              },
                              {"x", "missing"}},
                             {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}},
                             {[&](auto& a) {
                                a.y = sums({3, 4});
                              },
                              {"y", "[3, 4]", "[2, 4]"}},
                             {[&](auto& a) {
                                a.y = made({2, 4}, kDouble);
                              },
                              {"y", "float64"}},
                             {[&](auto& a) {
                                a.y = operands({2, 4});
                              },
                              {"y", "bfloat16"}},  // with a residual: sums only
                             {[&](auto& a) {
                                a.residual = sums({2, 3});
                              },
                              {"residual", "[2, 3]"}},
                             {[&](auto& a) {
                                a.residual = operands({2, 4});
                              },
                              {"residual", "bfloat16"}},
                             {[&](auto& a) {
                                a.residual = sums({3, 4}).slice(1, 3), a.y = TensorView(tensors_.back()).slice(0, 2);
                              },
                              {"y", "overlaps", "residual"}},
                             {[&](auto& a) {
                                a.y = TensorView(a.x.raw(), {2, 4}, kSingle), a.residual = {};
                              },
                              {"y", "overlaps", "x"}}});
  ops::linear(backend_, *weights, {.x = operands({2, 3}), .y = operands({2, 4})});  // operands without a residual
  const int calls = backend_.calls;
  ops::linear(backend_, *weights, {.x = operands({0, 3}), .y = sums({0, 4})});
  EXPECT_EQ(backend_.calls, calls) << "nothing to do for no rows";
}

TEST_F(Ops, PackLinearChecksItsWeights) {
  const auto refused = [&](const LinearSpec& spec, const std::vector<std::string>& words) {
    expect_refused([&] { ops::pack_linear(backend_, spec); }, words);
  };
  refused({.weight = sums({4})}, {"linear: weight", "2 axes"});
  refused({.weight = made({4, 3}, DType::kInt32)}, {"linear: weight", "int32"});
  refused({.weight = sums({0, 3})}, {"linear: weight", "[0, 3]"});
  refused({.weight = missing({4, 3}, kSingle)}, {"linear: weight", "missing"});
  refused({.weight = sums({4, 3}), .bias = sums({3})}, {"linear: bias", "[3]", "[4]"});
  refused({.weight = sums({4, 3}), .bias = made({4}, DType::kUInt8)}, {"linear: bias", "uint8"});
  refused({.weight = sums({4, 3}), .bias = sums({4}), .transposed = true}, {"linear: bias", "[4]", "[3]"});
}

TEST_F(Ops, ConvolutionChecksItsArguments) {
  const auto weights = ops::pack_convolution(backend_, {.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .padding = 1});
  const ConvolutionArgs good = {
      .x = operands({1, 5, 6, 2}), .y = operands({1, 5, 6, 4}), .residual = operands({1, 5, 6, 4})};
  expect_checks<ConvolutionArgs>("convolution",
                                 [&](const ConvolutionArgs& a) { ops::convolution(backend_, *weights, a); }, good,
                                 {{[&](auto& a) {
                                     a.x = operands({5, 6, 2});
                                   },
                                   {"x", "4 axes"}},
                                  {[&](auto& a) {
                                     a.x = operands({1, 5, 6, 3});
                                   },
                                   {"x", "[1, 5, 6, 3]", "[1, 5, 6, 2]"}},
                                  {[&](auto& a) {
                                     a.x = sums({1, 5, 6, 2});
                                   },
                                   {"x", "float32"}},
                                  {[&](auto& a) {
                                     a.x = operands({1, 0, 6, 2});
                                   },
                                   {"x", "1 pixels"}},
                                  {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}},
                                  {[&](auto& a) {
                                     a.y = operands({1, 4, 6, 4});
                                   },
                                   {"y", "[1, 4, 6, 4]", "[1, 5, 6, 4]"}},
                                  {[&](auto& a) {
                                     a.y = sums({1, 5, 6, 4});
                                   },
                                   {"y", "float32"}},
                                  {[&](auto& a) {
                                     a.residual = operands({1, 5, 6, 2});
                                   },
                                   {"residual", "[1, 5, 6, 2]"}},
                                  {[&](auto& a) {
                                     a.residual = sums({1, 5, 6, 4});
                                   },
                                   {"residual", "float32"}},
                                  {[&](auto& a) {
                                     a.x = TensorView(a.y.raw(), {1, 5, 6, 2}, DType::kBFloat16);
                                   },
                                   {"y", "overlaps", "x"}}});
}

TEST_F(Ops, PackConvolutionChecksItsWeights) {
  const auto refused = [&](const ConvolutionSpec& spec, const std::vector<std::string>& words) {
    expect_refused([&] { ops::pack_convolution(backend_, spec); }, words);
  };
  refused({.weight = sums({4, 2, 3}), .bias = sums({4})}, {"convolution: weight", "4 axes"});
  refused({.weight = sums({4, 2, 3, 2}), .bias = sums({4})}, {"convolution: weight", "[4, 2, 3, 2]"});
  refused({.weight = operands({4, 2, 3, 3}), .bias = sums({4})}, {"convolution: weight", "bfloat16"});
  refused({.weight = sums({4, 0, 3, 3}), .bias = sums({4})}, {"convolution: weight", "[4, 0, 3, 3]"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = sums({2})}, {"convolution: bias", "[2]"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = {}}, {"convolution: bias"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .stride = 0}, {"convolution: stride 0"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .padding = -1}, {"convolution", "padding -1"});
  const auto weights = ops::pack_convolution(backend_, {.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .stride = 2});
  expect_refused(
      [&] {
        ops::convolution(backend_, *weights, {.x = operands({1, 2, 9, 2}), .y = operands({1, 1, 4, 4})});
      },
      {"convolution: x", "[1, 2, 9, 2]", "3 pixels"});
}

TEST_F(Ops, LayerNormChecksItsArguments) {
  const LayerNormArgs good = {.x = sums({2, 3}), .weight = sums({3}), .bias = sums({3}), .y = operands({2, 3})};
  expect_checks<LayerNormArgs>("layer_norm", [&](const LayerNormArgs& a) { ops::layer_norm(backend_, a); }, good,
                               {{[&](auto& a) { a.x = sums({6}); }, {"x", "2 axes"}},
                                {[&](auto& a) {
                                   a.x = operands({2, 3});
                                 },
                                 {"x", "bfloat16"}},
                                {[&](auto& a) { a.weight = sums({2}); }, {"weight", "[2]", "[3]"}},
                                {[&](auto& a) { a.weight = made({3}, kDouble); }, {"weight", "float64"}},
                                {[&](auto& a) { a.bias = {}; }, {"bias"}},
                                {[&](auto& a) { a.bias = operands({3}); }, {"bias", "bfloat16"}},
                                {[&](auto& a) {
                                   a.y = sums({3, 2});
                                 },
                                 {"y", "[3, 2]"}},
                                {[&](auto& a) {
                                   a.y = made({2, 3}, DType::kFloat16);
                                 },
                                 {"y", "float16"}},
                                {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}},
                                {[&](auto& a) {
                                   a.y = TensorView(a.x.raw(), {2, 3}, DType::kBFloat16);
                                 },
                                 {"y", "overlaps", "x"}}});
  ops::layer_norm(backend_, {.x = good.x, .weight = good.weight, .bias = good.bias, .y = good.x});
}

TEST_F(Ops, AttentionChecksItsArguments) {
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

TEST_F(Ops, EmbedTokensChecksItsArguments) {
  const std::vector<int32_t> ids = {0, 4, -1}, index = {0, 1, 0}, one = {0}, high = {0, 5, 0}, low = {0, -2, 0},
                             late = {0, 2, 0}, before = {0, -1, 0};
  const EmbedTokensArgs good = {
      .ids = ids, .index = index, .table = made({5, 3}, DType::kFloat16), .positions = sums({2, 3}), .y = sums({3, 3})};
  expect_checks<EmbedTokensArgs>("embed_tokens", [&](const EmbedTokensArgs& a) { ops::embed_tokens(backend_, a); },
                                 good,
                                 {{[&](auto& a) { a.ids = high; }, {"token id 5", "vocabulary of 5"}},
                                  {[&](auto& a) { a.ids = low; }, {"token id -2"}},
                                  {[&](auto& a) { a.index = late; }, {"position 2", "2"}},
                                  {[&](auto& a) { a.index = before; }, {"position -1"}},
                                  {[&](auto& a) { a.index = one; }, {"3 ids", "1 positions"}},
                                  {[&](auto& a) { a.table = sums({5}); }, {"table", "2 axes"}},
                                  {[&](auto& a) {
                                     a.table = made({5, 3}, DType::kInt8);
                                   },
                                   {"table", "int8"}},
                                  {[&](auto& a) {
                                     a.positions = sums({2, 4});
                                   },
                                   {"positions", "[2, 4]", "[2, 3]"}},
                                  {[&](auto& a) {
                                     a.positions = operands({2, 3});
                                   },
                                   {"positions", "bfloat16"}},
                                  {[&](auto& a) {
                                     a.y = sums({2, 3});
                                   },
                                   {"y", "[2, 3]"}},
                                  {[&](auto& a) {
                                     a.y = operands({3, 3});
                                   },
                                   {"y", "bfloat16"}},
                                  {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}}});
}

TEST_F(Ops, PatchesChecksItsArguments) {
  const PatchesArgs good = {.pixels = sums({2, 3, 5, 4}), .patch = 2, .y = operands({8, 12})};
  expect_checks<PatchesArgs>("patches", [&](const PatchesArgs& a) { ops::patches(backend_, a); }, good,
                             {{[&](auto& a) {
                                 a.pixels = sums({3, 5, 4});
                               },
                               {"pixels", "4 axes"}},
                              {[&](auto& a) {
                                 a.pixels = operands({2, 3, 5, 4});
                               },
                               {"pixels", "bfloat16"}},
                              {[&](auto& a) { a.patch = 0; }, {"patch size 0"}},
                              {[&](auto& a) { a.patch = -2; }, {"patch size -2"}},
                              {[&](auto& a) {
                                 a.y = operands({8, 11});
                               },
                               {"y", "[8, 11]", "[8, 12]"}},
                              {[&](auto& a) {
                                 a.y = sums({8, 12});
                               },
                               {"y", "float32"}},
                              {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}}});
}

TEST_F(Ops, EmbedPatchesChecksItsArguments) {
  const EmbedPatchesArgs good = {
      .patches = sums({8, 3}), .class_embedding = sums({3}), .positions = sums({5, 3}), .x = sums({10, 3})};
  expect_checks<EmbedPatchesArgs>(
      "embed_patches", [&](const EmbedPatchesArgs& a) { ops::embed_patches(backend_, a); }, good,
      {{[&](auto& a) {
          a.patches = sums({7, 3});
        },
        {"patches", "[7, 3]", "[8, 3]"}},
       {[&](auto& a) {
          a.patches = operands({8, 3});
        },
        {"patches", "bfloat16"}},
       {[&](auto& a) { a.class_embedding = sums({4}); }, {"class_embedding", "[4]"}},
       {[&](auto& a) { a.class_embedding = operands({3}); }, {"class_embedding", "bfloat16"}},
       {[&](auto& a) {
          a.positions = sums({4, 3});
        },
        {"10 rows", "4 positions"}},
       {[&](auto& a) {
          a.positions = sums({1, 3});
        },
        {"1 positions"}},
       {[&](auto& a) {
          a.positions = operands({5, 3});
        },
        {"positions", "bfloat16"}},
       {[&](auto& a) {
          a.x = sums({10, 4});
        },
        {"x", "[10, 4]"}},
       {[&](auto& a) {
          a.x = operands({10, 3});
        },
        {"x", "bfloat16"}},
       {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}}});
}

TEST_F(Ops, PoolingChecksItsArguments) {
  expect_checks<ChannelsLastArgs>("channels_last", [&](const ChannelsLastArgs& a) { ops::channels_last(backend_, a); },
                                  {.x = sums({2, 3, 4, 5}), .y = operands({2, 4, 5, 3})},
                                  {{[&](auto& a) {
                                      a.x = sums({2, 3});
                                    },
                                    {"x", "4 axes"}},
                                   {[&](auto& a) {
                                      a.x = operands({2, 3, 4, 5});
                                    },
                                    {"x", "bfloat16"}},
                                   {[&](auto& a) {
                                      a.y = operands({2, 3, 4, 5});
                                    },
                                    {"y", "[2, 4, 5, 3]"}},
                                   {[&](auto& a) {
                                      a.y = sums({2, 4, 5, 3});
                                    },
                                    {"y", "float32"}}});
  expect_checks<AveragePoolArgs>("average_pool", [&](const AveragePoolArgs& a) { ops::average_pool(backend_, a); },
                                 {.x = operands({2, 5, 4, 3}), .y = operands({2, 2, 2, 3})},
                                 {{[&](auto& a) {
                                     a.x = operands({2, 5, 4});
                                   },
                                   {"x", "4 axes"}},
                                  {[&](auto& a) {
                                     a.x = sums({2, 5, 4, 3});
                                   },
                                   {"x", "float32"}},
                                  {[&](auto& a) {
                                     a.y = operands({2, 3, 2, 3});
                                   },
                                   {"y", "[2, 3, 2, 3]"}},
                                  {[&](auto& a) {
                                     a.y = sums({2, 2, 2, 3});
                                   },
                                   {"y", "float32"}}});
  expect_checks<MeanTokenArgs>("mean_token", [&](const MeanTokenArgs& a) { ops::mean_token(backend_, a); },
                               {.x = operands({2, 4, 3}), .positions = sums({5, 3}), .y = operands({10, 3})},
                               {{[&](auto& a) {
                                   a.x = operands({2, 4});
                                 },
                                 {"x", "3 axes"}},
                                {[&](auto& a) {
                                   a.x = sums({2, 4, 3});
                                 },
                                 {"x", "float32"}},
                                {[&](auto& a) {
                                   a.x = operands({2, 0, 3});
                                 },
                                 {"x", "[2, 0, 3]"}},
                                {[&](auto& a) {
                                   a.positions = sums({4, 3});
                                 },
                                 {"positions", "[4, 3]"}},
                                {[&](auto& a) {
                                   a.positions = operands({5, 3});
                                 },
                                 {"positions", "bfloat16"}},
                                {[&](auto& a) {
                                   a.y = operands({8, 3});
                                 },
                                 {"y", "[8, 3]"}},
                                {[&](auto& a) {
                                   a.y = sums({10, 3});
                                 },
                                 {"y", "float32"}}});
  const std::vector<int64_t> rows = {1, 0, 1}, beyond = {0, 2, 0}, negative = {0, -1, 0};
  expect_checks<GatherRowsArgs>("gather_rows", [&](const GatherRowsArgs& a) { ops::gather_rows(backend_, a); },
                                {.x = sums({2, 3}), .rows = rows, .y = sums({3, 3})},
                                {{[&](auto& a) {
                                    a.x = sums({2, 3, 1});
                                  },
                                  {"x", "2 axes"}},
                                 {[&](auto& a) { a.rows = beyond; }, {"row 2 of 2"}},
                                 {[&](auto& a) { a.rows = negative; }, {"row -1"}},
                                 {[&](auto& a) {
                                    a.y = sums({2, 3});
                                  },
                                  {"y", "[2, 3]", "[3, 3]"}},
                                 {[&](auto& a) {
                                    a.y = operands({3, 3});
                                  },
                                  {"y", "bfloat16"}}});
  expect_checks<ConvertArgs>("convert", [&](const ConvertArgs& a) { ops::convert(backend_, a); },
                             {.x = sums({2, 3}), .y = operands({2, 3})},
                             {{[&](auto& a) {
                                 a.y = operands({3, 2});
                               },
                               {"y", "[3, 2]"}},
                              {[&](auto& a) {
                                 a.x = made({2, 3}, DType::kInt32);
                               },
                               {"x", "int32"}},
                              {[&](auto& a) {
                                 a.y = made({2, 3}, kDouble);
                               },
                               {"y", "float64"}},
                              {[&](auto& a) { a.y = a.x; }, {"y", "overlaps", "x"}}});
}

TEST_F(Ops, SimilarityChecksItsArguments) {
  expect_checks<NormalizeRowsArgs>("normalize_rows",
                                   [&](const NormalizeRowsArgs& a) { ops::normalize_rows(backend_, a); },
                                   {.x = sums({2, 3}), .y = sums({2, 3})},
                                   {{[&](auto& a) { a.x = sums({2}); }, {"x", "2 axes"}},
                                    {[&](auto& a) {
                                       a.x = operands({2, 3});
                                     },
                                     {"x", "bfloat16"}},
                                    {[&](auto& a) {
                                       a.y = sums({3, 2});
                                     },
                                     {"y", "[3, 2]"}},
                                    {[&](auto& a) {
                                       a.y = operands({2, 3});
                                     },
                                     {"y", "bfloat16"}}});
  expect_checks<SoftmaxRowsArgs>("softmax_rows", [&](const SoftmaxRowsArgs& a) { ops::softmax_rows(backend_, a); },
                                 {.x = sums({2, 3}), .y = sums({2, 3})},
                                 {{[&](auto& a) { a.x = sums({2}); }, {"x", "2 axes"}},
                                  {[&](auto& a) {
                                     a.x = operands({2, 3});
                                   },
                                   {"x", "bfloat16"}},
                                  {[&](auto& a) {
                                     a.y = sums({3, 2});
                                   },
                                   {"y", "[3, 2]"}},
                                  {[&](auto& a) {
                                     a.y = operands({2, 3});
                                   },
                                   {"y", "bfloat16"}}});
  expect_checks<SimilarityArgs>("similarity", [&](const SimilarityArgs& a) { ops::similarity(backend_, a); },
                                {.a = sums({2, 3}), .b = sums({4, 3}), .c = sums({2, 4})},
                                {{[&](auto& a) {
                                    a.a = sums({2, 4});
                                  },
                                  {"b", "[4, 3]", "[4, 4]"}},
                                 {[&](auto& a) {
                                    a.a = operands({2, 3});
                                  },
                                  {"a", "bfloat16"}},
                                 {[&](auto& a) {
                                    a.b = operands({4, 3});
                                  },
                                  {"b", "bfloat16"}},
                                 {[&](auto& a) { a.b = sums({4}); }, {"b", "2 axes"}},
                                 {[&](auto& a) {
                                    a.c = sums({4, 2});
                                  },
                                  {"c", "[4, 2]"}},
                                 {[&](auto& a) {
                                    a.c = operands({2, 4});
                                  },
                                  {"c", "bfloat16"}},
                                 {[&](auto& a) { a.c = on_gpu(a.c); }, {"cuda:0"}}});
}

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
  ops::convert(backend_, {.x = missing({0, 3}, kSingle), .y = missing({0, 3}, DType::kBFloat16)});
  ops::normalize_rows(backend_, {.x = sums({0, 3}), .y = sums({0, 3})});
  ops::softmax_rows(backend_, {.x = sums({3, 0}), .y = sums({3, 0})});
  ops::similarity(backend_, {.a = sums({0, 3}), .b = sums({4, 3}), .c = sums({0, 4})});
  EXPECT_EQ(backend_.calls, 0);
}

}  // namespace
}  // namespace clipkit
