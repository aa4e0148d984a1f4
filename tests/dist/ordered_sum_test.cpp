#include "dist/ordered_sum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <tuple>

#include "base/random.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

// The ranks of one process: messages wait in a box until the receiver asks, and every third question gets no answer.
// The table has no place for an object, so this is one.
struct Network {
  struct Receiver {
    ClipkitMpiMessage message;
    int rank;
  };
  int current = 0;  // the rank that calls
  int questions = 0;
  std::map<std::tuple<int, int, int>, std::vector<std::byte>> sent;  // from, to, tag
  std::map<uint64_t, Receiver> waiting;
  uint64_t last_request = 0;
};
Network network;

int send(const ClipkitMpiMessage* m, uint64_t* request) {
  const auto* data = static_cast<const std::byte*>(m->data);
  const bool added =
      network.sent.try_emplace({network.current, m->rank, m->tag}, data, data + m->count * m->element_bytes).second;
  EXPECT_TRUE(added) << "two messages with one tag";
  *request = 0;  // done
  return 0;
}

int receive(const ClipkitMpiMessage* m, uint64_t* request) {
  *request = ++network.last_request;
  network.waiting[*request] = {*m, network.current};
  return 0;
}

int test(uint64_t* request, int* done) {
  *done = 1;
  if (*request == 0) return 0;
  const Network::Receiver& receiver = network.waiting.at(*request);
  const auto found = network.sent.find({receiver.message.rank, receiver.rank, receiver.message.tag});
  if (found == network.sent.end() || ++network.questions % 3 == 0) {
    *done = 0;
    return 0;
  }
  EXPECT_EQ(found->second.size(), receiver.message.count * receiver.message.element_bytes);
  std::memcpy(receiver.message.data, found->second.data(), found->second.size());
  network.sent.erase(found);
  network.waiting.erase(*request);
  return 0;
}

const ClipkitMpiFunctions kFunctions = {.version = kClipkitMpiVersion,
                                        .start = nullptr,
                                        .finish = nullptr,
                                        .all_gather = nullptr,
                                        .broadcast = nullptr,
                                        .barrier = nullptr,
                                        .send = send,
                                        .receive = receive,
                                        .test = test,
                                        .last_error = nullptr,
                                        .abort = nullptr};

// Element i of a rank's tensor: of very different sizes, so that the order of a sum shows in its bits.
float element(int rank, int64_t i) {
  Random random(1, RandomUse::kInitialization, static_cast<uint32_t>(rank), static_cast<uint64_t>(i));
  return static_cast<float>(random.normal() * std::exp(10 * random.normal()));
}

float expected_sum(int size, int64_t i) {
  double sum = element(0, i);
  for (int r = 1; r < size; ++r) sum += element(r, i);
  return static_cast<float>(sum);
}

std::vector<Tensor> tensors_of(int size, int64_t n) {
  std::vector<Tensor> tensors;
  for (int r = 0; r < size; ++r) {
    tensors.push_back(Tensor::empty({n}));
    for (int64_t i = 0; i < n; ++i) tensors.back().data<float>()[i] = element(r, i);
  }
  return tensors;
}

// The sums of all ranks, two buckets [0, cut) and [cut, n) under way at once; the ranks come to their turns in an order
// that the seed decides. Returns every rank's tensor.
std::vector<Tensor> reduce(int size, int64_t n, int64_t cut, uint64_t seed) {
  network = {};
  std::vector<Tensor> tensors = tensors_of(size, n);
  std::vector<OrderedSum> sums;
  for (int i = 0; i < 2 * size; ++i) sums.emplace_back(kFunctions, i / 2, size);
  for (int r = 0; r < size; ++r) {
    const TensorView& tensor = tensors[static_cast<size_t>(r)];
    network.current = r;
    sums[static_cast<size_t>(2 * r)].start_all_reduce(tensor.slice(0, cut), 0);
    sums[static_cast<size_t>(2 * r + 1)].start_all_reduce(tensor.slice(cut, n), 2);
  }
  Random random(seed, RandomUse::kSampleOrder);
  std::vector<bool> done(sums.size());
  for (size_t left = sums.size(); left > 0;) {
    const size_t i = random.below(sums.size());
    network.current = static_cast<int>(i / 2);
    if (sums[i].step() && !done[i]) {
      done[i] = true;
      --left;
    }
  }
  EXPECT_TRUE(network.sent.empty());
  EXPECT_TRUE(network.waiting.empty());
  return tensors;
}

TEST(OrderedSum, HasTheSameBitsOnEveryRankInAnyOrderOfArrivalAndAnyBuckets) {
  for (const int size : {2, 3, 4, 7}) {
    for (const int64_t n : {1, 2, 5, 1000}) {
      for (const int64_t cut : {int64_t{0}, n / 3, n}) {
        for (const uint64_t seed : {1U, 2U, 3U}) {
          const std::vector<Tensor> tensors = reduce(size, n, cut, seed);
          for (int64_t i = 0; i < n; ++i) {
            const float expected = expected_sum(size, i);
            for (const Tensor& tensor : tensors) ASSERT_EQ(tensor.data<float>()[i], expected) << size << " " << n;
          }
        }
      }
    }
  }
}

TEST(OrderedSum, ScattersRowsToTheirRanks) {
  network = {};
  const int size = 3;
  const int64_t width = 5;
  std::vector<Tensor> all = tensors_of(size, size * width);
  std::vector<Tensor> mine;
  std::vector<OrderedSum> sums;
  for (int r = 0; r < size; ++r) {
    mine.push_back(Tensor::zeros({width}));
    sums.emplace_back(kFunctions, r, size);
  }
  for (int r = 0; r < size; ++r) {
    network.current = r;
    sums[static_cast<size_t>(r)].start_reduce_scatter(all[static_cast<size_t>(r)], mine[static_cast<size_t>(r)], 0);
  }
  for (int r = 0; r < size; ++r) {
    network.current = r;
    while (!sums[static_cast<size_t>(r)].step()) {
    }
    for (int64_t i = 0; i < width; ++i) {
      EXPECT_EQ(mine[static_cast<size_t>(r)].data<float>()[i], expected_sum(size, r * width + i));
    }
    // The other rows are only read.
    for (int64_t i = 0; i < size * width; ++i) {
      EXPECT_EQ(all[static_cast<size_t>(r)].data<float>()[i], element(r, i));
    }
  }
}

TEST(SumInOrder, RoundsOnceFromFloat64) {
  // In float32 the small numbers would be lost one by one.
  const float big = 1.0F, small = 0x1p-25F;
  const void* parts[] = {&big, &small, &small, &small, &small};
  float sum = 0;
  sum_in_order(parts, DType::kFloat32, &sum, 1);
  EXPECT_EQ(sum, 1.0F + 0x1p-23F);
  const double doubles[] = {1e16, 1, -1e16};
  const void* in_order[] = {&doubles[0], &doubles[1], &doubles[2]};
  double total = 1;
  sum_in_order(in_order, DType::kFloat64, &total, 1);
  EXPECT_EQ(total, 0);  // (1e16 + 1) rounds to 1e16
}

TEST(SumInOrder, TakesBfloat16) {
  std::vector<uint16_t> a(3000), b(3000);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = float_to_bfloat16(element(0, static_cast<int64_t>(i)));
    b[i] = float_to_bfloat16(element(1, static_cast<int64_t>(i)));
  }
  const std::vector<uint16_t> first = a;
  const void* parts[] = {a.data(), b.data()};
  sum_in_order(parts, DType::kBFloat16, a.data(), 3000);
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i], float_to_bfloat16(bfloat16_to_float(first[i]) + bfloat16_to_float(b[i])));
  }
}

}  // namespace
}  // namespace clipkit
