#include "clipkit/tensor.h"

#include <gtest/gtest.h>

#include <vector>

#include "clipkit/error.h"

namespace clipkit {
namespace {

constexpr DType kAllTypes[] = {DType::kFloat32, DType::kFloat16, DType::kBFloat16, DType::kFloat64, DType::kInt64,
                               DType::kInt32,   DType::kInt16,   DType::kInt8,     DType::kUInt64,  DType::kUInt32,
                               DType::kUInt16,  DType::kUInt8,   DType::kBool};

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape{}.num_elements(), 1);
  EXPECT_EQ((Shape{2, 3, 4}).num_elements(), 24);
  EXPECT_EQ((Shape{2, 0, 4}).num_elements(), 0);
  EXPECT_EQ(to_string(Shape{768, 512}), "[768, 512]");
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
}

TEST(Shape, RefusesNegativeTooManyAndTooLargeAxes) {
  EXPECT_THROW((Shape{-1}), Error);
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
  EXPECT_THROW((Shape{int64_t{1} << 40, int64_t{1} << 40}), Error);
  EXPECT_NO_THROW((Shape{0, int64_t{1} << 40, int64_t{1} << 40}));
}

TEST(Tensor, IsAlignedToSixtyFourBytes) {
  for (const DType dtype : kAllTypes) {
    for (const int64_t size : {0, 1, 63, 1000}) {
      const Tensor tensor = Tensor::empty({size}, dtype);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.view().raw()) % 64, 0u);
      EXPECT_EQ(tensor.view().bytes(), static_cast<size_t>(size) * size_bytes(dtype));
      EXPECT_TRUE(tensor);
    }
  }
}

TEST(Tensor, RefusesWhatDoesNotFitIntoMemory) {
  try {
    Tensor::empty({int64_t{1} << 61}, DType::kFloat64);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
  }
}

TEST(Tensor, ZerosAreZeroAndCopiesAreCopies) {
  Tensor tensor = Tensor::zeros({5}, DType::kInt32);
  for (const int32_t value : tensor.span<int32_t>()) EXPECT_EQ(value, 0);
  tensor.data<int32_t>()[2] = 7;
  const Tensor copy = Tensor::copy_of(tensor);
  tensor.data<int32_t>()[2] = 8;
  EXPECT_EQ(copy.data<int32_t>()[2], 7);
}

TEST(TensorView, SlicesTheFirstAxis) {
  Tensor tensor = Tensor::zeros({4, 3});
  for (int i = 0; i < 12; ++i) tensor.data<float>()[i] = static_cast<float>(i);
  const TensorView slice = tensor.view().slice(1, 3);
  EXPECT_EQ(slice.shape(), (Shape{2, 3}));
  EXPECT_EQ(slice.data<float>()[0], 3.0f);
  EXPECT_EQ(tensor.row<float>(2)[1], 7.0f);
  EXPECT_EQ(slice.slice(2, 2).num_elements(), 0);
  EXPECT_THROW(slice.slice(1, 3), Error);
  EXPECT_THROW(slice.slice(-1, 1), Error);
  EXPECT_THROW(slice.slice(2, 1), Error);
  EXPECT_THROW(Tensor::zeros({}).view().slice(0, 0), Error);
}

TEST(TensorView, ReshapesWhatHasAsManyElements) {
  const Tensor tensor = Tensor::zeros({4, 3});
  EXPECT_EQ(tensor.view().reshape({2, 6}).shape(), (Shape{2, 6}));
  EXPECT_THROW(tensor.view().reshape({5}), Error);
}

TEST(TensorView, IsReadAsItsElementTypeOnly) {
  const Tensor tensor = Tensor::zeros({4}, DType::kFloat16);
  EXPECT_NO_THROW(tensor.data<uint16_t>());
  EXPECT_THROW(tensor.data<float>(), Error);
  EXPECT_THROW(Tensor::zeros({4}).data<double>(), Error);
  EXPECT_NO_THROW(Tensor::zeros({4}).data<const float>());
}

TEST(DType, HasANameAndASize) {
  for (const DType dtype : kAllTypes) {
    EXPECT_GT(size_bytes(dtype), 0u);
    EXPECT_STRNE(to_string(dtype), "unknown");
  }
}

}  // namespace
}  // namespace clipkit
