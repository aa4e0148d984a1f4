// The communicator among real processes: mpirun -n N dist_ranks runs these tests on N ranks at once. With the name of
// an accident as its argument, rank 1 (or the only one) has it while the others wait: tests/dist/accident_test.sh.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "base/random.h"
#include "clipkit/error.h"
#include "dist/communicator.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

Communicator* ranks = nullptr;

// Element i of a rank's tensor: of very different sizes, so that the order of a sum shows in its bits.
float element(int rank, int64_t i) {
  Random random(1, RandomUse::kInitialization, static_cast<uint32_t>(rank), static_cast<uint64_t>(i));
  return static_cast<float>(random.normal() * std::exp(5 * random.normal()));
}

double expected_sum(int64_t i) {
  double sum = element(0, i);
  for (int r = 1; r < ranks->size(); ++r) sum += element(r, i);
  return sum;
}

Tensor filled(int64_t n, int64_t first = 0) {
  Tensor tensor = Tensor::empty({n});
  for (int64_t i = 0; i < n; ++i) tensor.data<float>()[i] = element(ranks->rank(), first + i);
  return tensor;
}

TEST(Ranks, AreAllOnThisMachine) {
  EXPECT_LT(ranks->rank(), ranks->size());
  EXPECT_EQ(ranks->local_rank(), ranks->rank());
  EXPECT_EQ(ranks->local_size(), ranks->size());
}

TEST(Ranks, GatherRowsInTheirOrder) {
  const int64_t n = 3, width = 257;
  const Tensor mine = filled(n * width), all = Tensor::zeros({ranks->size() * n, width});
  ranks->all_gather(mine.view().reshape({n, width}), all);
  for (int r = 0; r < ranks->size(); ++r) {
    for (int64_t i = 0; i < n * width; ++i) ASSERT_EQ(all.data<float>()[r * n * width + i], element(r, i));
  }
  // From within all, and of a type that nothing is computed in.
  const Tensor bytes = Tensor::zeros({ranks->size(), 3}, DType::kUInt8);
  for (uint8_t& byte : bytes.row<uint8_t>(ranks->rank())) byte = static_cast<uint8_t>(10 + ranks->rank());
  ranks->all_gather(bytes.view().slice(ranks->rank(), ranks->rank() + 1), bytes);
  for (int r = 0; r < ranks->size(); ++r) {
    EXPECT_THAT(bytes.row<uint8_t>(r), testing::Each(static_cast<uint8_t>(10 + r)));
  }
}

TEST(Ranks, SumInTheOrderOfTheRanks) {
  for (const int64_t n : {0, 1, 2, 3, 1000, 300001}) {
    const Tensor tensor = filled(n);
    ranks->all_reduce_sum(tensor);
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(tensor.data<float>()[i], static_cast<float>(expected_sum(i))) << n;
  }
}

TEST(Ranks, SumEveryFloatingType) {
  const int64_t n = 1001;
  const Tensor doubles = Tensor::empty({n}, DType::kFloat64), halves = Tensor::empty({n}, DType::kBFloat16);
  auto* bits = static_cast<uint16_t*>(halves.view().raw());
  for (int64_t i = 0; i < n; ++i) {
    doubles.data<double>()[i] = element(ranks->rank(), i);
    bits[i] = float_to_bfloat16(element(ranks->rank(), i));
  }
  ranks->all_reduce_sum(doubles);
  ranks->all_reduce_sum(halves);
  for (int64_t i = 0; i < n; ++i) {
    ASSERT_EQ(doubles.data<double>()[i], expected_sum(i));
    double sum = bfloat16_to_float(float_to_bfloat16(element(0, i)));
    for (int r = 1; r < ranks->size(); ++r) sum += bfloat16_to_float(float_to_bfloat16(element(r, i)));
    ASSERT_EQ(bits[i], float_to_bfloat16(static_cast<float>(sum)));
  }
}

// As in a backward pass: buckets start one by one, each rank does other work for a while in between.
TEST(Ranks, SumBucketsWhileTheyGoOn) {
  const int64_t n = 200000;
  for (int step = 0; step < 3; ++step) {
    std::vector<Tensor> buckets;
    std::vector<PendingSum> pending;
    for (int bucket = 0; bucket < 8; ++bucket) {
      buckets.push_back(filled(n, bucket * n));
      pending.push_back(ranks->start_all_reduce_sum(buckets.back()));
      for (int i = 0; i < (ranks->rank() + bucket + step) % 3; ++i) ranks->progress();
    }
    for (const PendingSum sum : pending) ranks->wait(sum);
    ranks->wait(pending.front());  // again: it is over
    for (int bucket = 0; bucket < 8; ++bucket) {
      const float* values = buckets[static_cast<size_t>(bucket)].data<float>();
      for (int64_t i = 0; i < n; i += 997) ASSERT_EQ(values[i], static_cast<float>(expected_sum(bucket * n + i)));
    }
  }
}

TEST(Ranks, ScatterTheSumOfRows) {
  const int64_t n = 4, width = 33, own = n * width;
  const Tensor all = filled(ranks->size() * own), mine = Tensor::zeros({n, width});
  ranks->reduce_scatter_sum(all.view().reshape({ranks->size() * n, width}), mine);
  for (int64_t i = 0; i < own; ++i) {
    ASSERT_EQ(mine.data<float>()[i], static_cast<float>(expected_sum(ranks->rank() * own + i)));
  }
}

TEST(Ranks, GetTheRootsContent) {
  for (int root = 0; root < ranks->size(); ++root) {
    const Tensor tensor = filled(5000);
    ranks->broadcast(tensor, root);
    for (int64_t i = 0; i < 5000; ++i) ASSERT_EQ(tensor.data<float>()[i], element(root, i));
  }
}

TEST(Ranks, AgreeOnNumbersAndFlags) {
  double numbers[] = {1, static_cast<double>(ranks->rank())};
  ranks->all_reduce_sum(numbers);
  EXPECT_EQ(numbers[0], ranks->size());
  EXPECT_EQ(numbers[1], ranks->size() * (ranks->size() - 1) / 2);
  EXPECT_FALSE(ranks->any(false));
  EXPECT_TRUE(ranks->any(ranks->rank() == ranks->size() - 1));
  ranks->barrier();
}

// A failed rank may have left the others in a call: end them all.
class EndAll : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo& test) override {
    if (test.result()->Failed()) ranks->abort(std::string(test.name()) + " failed");
  }
};

void have(const std::string& accident) {
  const bool victim = ranks->rank() == 1 || ranks->size() == 1;
  const Tensor tensor = filled(1 << 20);
  ranks->all_reduce_sum(tensor);
  if (victim && accident == "abort") ranks->abort("this rank gives up");
  if (victim && accident == "error") throw Error(ErrorCode::kCorrupt, "this rank cannot read its shard");
  if (victim && accident == "signal") std::raise(SIGKILL);
  ranks->all_reduce_sum(tensor);  // the others wait here
  std::puts("came to the end");
}

int run(int argc, char** argv) {
  const auto communicator = open_communicator();
  ranks = communicator.get();
  if (argc > 1) {
    have(argv[1]);
    return 0;
  }
  const char* expected = std::getenv("EXPECTED_RANKS");
  if (expected != nullptr && std::to_string(ranks->size()) != expected) ranks->abort("another number of ranks");
  testing::UnitTest::GetInstance()->listeners().Append(new EndAll);
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace clipkit

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  try {
    return clipkit::run(argc, argv);
  } catch (const clipkit::Error& error) {
    std::fprintf(stderr, "clipkit: %s\n", error.what());
    return 1;
  }
}
