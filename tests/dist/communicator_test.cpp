#include "dist/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <numeric>

#include "clipkit/error.h"
#include "dist/mpi_library.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Call>
std::string message_of(ErrorCode code, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(SingleProcess, IsAloneAndCopies) {
  const auto one = single_process();
  EXPECT_EQ(one->rank(), 0);
  EXPECT_EQ(one->size(), 1);
  EXPECT_EQ(one->local_size(), 1);
  Tensor mine = Tensor::zeros({2, 3}), all = Tensor::zeros({2, 3});
  std::iota(mine.data<float>(), mine.data<float>() + 6, 1.0F);
  one->all_gather(mine, all);
  EXPECT_THAT(all.span<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  one->wait(one->start_all_reduce_sum(all));
  one->progress();
  one->broadcast(all, 0);
  one->barrier();
  EXPECT_THAT(all.span<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  Tensor part = Tensor::zeros({2, 3});
  one->reduce_scatter_sum(all, part);
  EXPECT_THAT(part.span<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(one->any(true));
  EXPECT_FALSE(one->any(false));
}

TEST(SingleProcess, ThrowsTheMessageOfAbort) {
  const auto one = single_process();
  EXPECT_EQ(message_of(ErrorCode::kCancelled, [&] { one->abort("the loss is NaN"); }), "the loss is NaN");
}

TEST(Communicator, RefusesWhatDoesNotFit) {
  const auto one = single_process();
  const Tensor floats = Tensor::zeros({2, 3}), other = Tensor::zeros({3, 3}),
               integers = Tensor::zeros({2, 3}, DType::kInt32);
  EXPECT_THAT(message_of(ErrorCode::kInvalidArgument, [&] { one->all_gather(floats, other); }),
              HasSubstr("all is float32 [3, 3], expected 1 times the rows of mine, float32 [2, 3]"));
  EXPECT_THAT(message_of(ErrorCode::kInvalidArgument, [&] { one->all_gather(floats, integers); }), HasSubstr("int32"));
  EXPECT_THAT(message_of(ErrorCode::kUnsupported, [&] { one->all_reduce_sum(integers); }),
              HasSubstr("cannot sum int32"));
  EXPECT_THAT(message_of(ErrorCode::kInvalidArgument, [&] { one->broadcast(floats, 1); }),
              HasSubstr("root is rank 1 of 1"));
  const TensorView on_device(floats.data<float>(), {2, 3}, DType::kFloat32, {Device::Kind::kCuda, 0});
  EXPECT_THAT(message_of(ErrorCode::kUnsupported, [&] { one->all_reduce_sum(on_device); }), HasSubstr("on cuda:0"));
}

// The variables that a launcher sets, for one test.
class Launcher {
 public:
  explicit Launcher(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Launcher() { ::unsetenv(name_); }
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

 private:
  const char* name_;
};

TEST(OpenCommunicator, IsASingleProcessWithoutALauncher) {
  EXPECT_EQ(launched_processes(), 0);
  EXPECT_EQ(open_communicator()->size(), 1);
}

TEST(OpenCommunicator, KnowsTheLaunchersOfOpenMpiMpichAndSlurm) {
  EXPECT_EQ((Launcher("OMPI_COMM_WORLD_SIZE", "4"), launched_processes()), 4);
  EXPECT_EQ((Launcher("PMI_SIZE", "8"), launched_processes()), 8);
  EXPECT_EQ((Launcher("PMI_SIZE", "many"), launched_processes()), -1);
  EXPECT_EQ((Launcher("PMIX_RANK", "0"), launched_processes()), -1);
}

// This program's folder has no module, and no loader's path leads to one.
TEST(OpenCommunicator, SaysHowToBuildTheModuleThatALauncherNeeds) {
  const Launcher launcher("OMPI_COMM_WORLD_SIZE", "2");
  EXPECT_THAT(message_of(ErrorCode::kUnsupported, [] { open_communicator(); }),
              testing::AllOf(HasSubstr("clipkit_mpi.so"), HasSubstr("-DCLIPKIT_MPI=ON"), HasSubstr("libopenmpi-dev")));
}

}  // namespace
}  // namespace clipkit
