#include "ops/workspace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "clipkit/error.h"
#include "ops/reference/reference_backend.h"

namespace clipkit {
namespace {

constexpr int64_t kMegabyte = int64_t{1} << 20;

class WorkspaceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Backend> backend_ = make_reference_backend();
  Workspace workspace_{*backend_};
};

TEST_F(WorkspaceTest, GivesWhatIsAskedForAlignedTo64Bytes) {
  const Workspace::Scope scope(workspace_);
  for (const int64_t size : {1, 3, 16, 17, 1000}) {
    const TensorView view = workspace_.take({size, 2}, DType::kFloat16);
    EXPECT_EQ(view.shape(), (Shape{size, 2}));
    EXPECT_EQ(view.dtype(), DType::kFloat16);
    EXPECT_EQ(view.device(), backend_->device());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view.raw()) % 64, 0u);
    std::memset(view.raw(), 0xFF, view.bytes());
  }
}

TEST_F(WorkspaceTest, GivesMemoryThatIsNotShared) {
  const Workspace::Scope scope(workspace_);
  std::vector<TensorView> views;
  for (int i = 0; i < 50; ++i) {  // several blocks
    views.push_back(workspace_.take({i * 1999 + 1}, DType::kFloat32));
    for (float& value : views.back().span<float>()) value = static_cast<float>(i);
  }
  for (size_t i = 0; i < views.size(); ++i) {
    for (const float value : views[i].span<float>()) ASSERT_EQ(value, static_cast<float>(i));
  }
}

TEST_F(WorkspaceTest, TakesBackInStackOrder) {
  const Workspace::Scope outer(workspace_);
  const TensorView kept = workspace_.take({100}, DType::kFloat32);
  void* reused = nullptr;
  for (int i = 0; i < 3; ++i) {
    const Workspace::Scope inner(workspace_);
    const TensorView view = workspace_.take({100}, DType::kFloat32);
    EXPECT_NE(view.raw(), kept.raw());
    if (reused == nullptr) reused = view.raw();
    EXPECT_EQ(view.raw(), reused);
  }
  EXPECT_EQ(workspace_.take({100}, DType::kFloat32).raw(), reused);
}

TEST_F(WorkspaceTest, KeepsWhatTheOuterScopeHoldsWhenTheInnerOneNeedsANewBlock) {
  const Workspace::Scope outer(workspace_);
  const TensorView kept = workspace_.take({100}, DType::kFloat32);
  for (float& value : kept.span<float>()) value = 7;
  {
    const Workspace::Scope inner(workspace_);
    const TensorView large = workspace_.take({8 * kMegabyte}, DType::kUInt8);
    std::memset(large.raw(), 0, large.bytes());
  }
  for (const float value : kept.span<float>()) EXPECT_EQ(value, 7);
}

TEST_F(WorkspaceTest, JoinsItsBlocksOnceTheOutermostScopeEnds) {
  const auto pass = [&] {
    const Workspace::Scope scope(workspace_);
    std::vector<void*> places;
    for (int i = 0; i < 5; ++i) places.push_back(workspace_.take({3 * kMegabyte}, DType::kUInt8).raw());
    return places;
  };
  pass();
  EXPECT_EQ(workspace_.capacity_bytes(), 0u);  // joined: the next call allocates one block
  const std::vector<void*> second = pass();
  const size_t capacity = workspace_.capacity_bytes();
  EXPECT_GE(capacity, static_cast<size_t>(15 * kMegabyte));
  EXPECT_EQ(pass(), second);  // the same memory from now on
  EXPECT_EQ(workspace_.capacity_bytes(), capacity);
}

TEST_F(WorkspaceTest, CountsWhatOneBlockWouldHaveHeld) {
  {
    const Workspace::Scope outer(workspace_);
    workspace_.take({100}, DType::kUInt8);  // 128 bytes of the first block; what the next one needs does not fit there
    workspace_.take({3 * kMegabyte}, DType::kUInt8);
    {
      const Workspace::Scope inner(workspace_);
      workspace_.take({2 * kMegabyte}, DType::kUInt8);
    }
    workspace_.take({kMegabyte}, DType::kUInt8);
  }
  EXPECT_EQ(workspace_.peak_bytes(), static_cast<size_t>(128 + 5 * kMegabyte));
}

TEST_F(WorkspaceTest, KeepsOneBlockFromCallToCall) {
  void* place = nullptr;
  for (int i = 0; i < 4; ++i) {
    const Workspace::Scope scope(workspace_);
    const TensorView view = workspace_.take({1000}, DType::kFloat64);
    if (place == nullptr) place = view.raw();
    EXPECT_EQ(view.raw(), place);
  }
}

TEST_F(WorkspaceTest, GivesEmptyTensors) {
  const Workspace::Scope scope(workspace_);
  const TensorView view = workspace_.take({0, 512}, DType::kFloat32);
  EXPECT_TRUE(view);
  EXPECT_EQ(view.bytes(), 0u);
}

TEST_F(WorkspaceTest, FailsWithAnErrorAndGoesOn) {
  const Workspace::Scope scope(workspace_);
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {  // 2^63 and 2^64 bytes
    try {
      workspace_.take({int64_t{1} << 61}, dtype);
      FAIL() << "2^61 elements of " << to_string(dtype);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
    }
  }
  EXPECT_TRUE(workspace_.take({100}, DType::kFloat32));
}

}  // namespace
}  // namespace clipkit
