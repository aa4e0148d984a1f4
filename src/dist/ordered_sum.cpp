#include "dist/ordered_sum.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/parallel.h"
#include "dist/mpi_check.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

struct Bf16 {
  uint16_t bits;
};
double load(float x) {
  return x;
}
double load(double x) {
  return x;
}
double load(Bf16 x) {
  return bfloat16_to_float(x.bits);
}
void store(double value, float& x) {
  x = static_cast<float>(value);
}
void store(double value, double& x) {
  x = value;
}
void store(double value, Bf16& x) {
  x.bits = float_to_bfloat16(static_cast<float>(value));
}

template <class T>
void sum_elements(std::span<const void* const> parts, void* sum, int64_t n) {
  constexpr int64_t kBlock = 1024;
  parallel_for((n + kBlock - 1) / kBlock, [&](int64_t block) {
    const int64_t begin = block * kBlock, count = std::min(kBlock, n - begin);
    double total[kBlock];
    const T* first = static_cast<const T*>(parts[0]) + begin;
    for (int64_t i = 0; i < count; ++i) total[i] = load(first[i]);
    for (size_t r = 1; r < parts.size(); ++r) {
      const T* part = static_cast<const T*>(parts[r]) + begin;
      for (int64_t i = 0; i < count; ++i) total[i] += load(part[i]);
    }
    T* out = static_cast<T*>(sum) + begin;
    for (int64_t i = 0; i < count; ++i) store(total[i], out[i]);
  });
}

}  // namespace

void sum_in_order(std::span<const void* const> parts, DType dtype, void* sum, int64_t n) {
  switch (dtype) {
    case DType::kFloat32:
      return sum_elements<float>(parts, sum, n);
    case DType::kFloat64:
      return sum_elements<double>(parts, sum, n);
    case DType::kBFloat16:
      return sum_elements<Bf16>(parts, sum, n);
    default:
      fail(ErrorCode::kUnsupported, "cannot sum ", to_string(dtype));
  }
}

OrderedSum::OrderedSum(const ClipkitMpiFunctions& mpi, int rank, int size)
    : mpi_(mpi), rank_(rank), size_(size), parts_(static_cast<size_t>(size)) {}

// Equal pieces up to one element; of a tensor with size_ equal blocks of rows, exactly those.
int64_t OrderedSum::begin_of(int piece) const noexcept {
  return tensor_.num_elements() * piece / size_;
}

size_t OrderedSum::memory_bytes_for(TensorView tensor, int size) noexcept {
  const int64_t longest_piece = (tensor.num_elements() + size - 1) / size;
  return static_cast<size_t>(longest_piece * (size - 1)) * size_bytes(tensor.dtype());
}

void OrderedSum::start_all_reduce(TensorView tensor, int tag) {
  gathers_ = true;
  start_scatter(tensor, nullptr, tag);
}

void OrderedSum::start_reduce_scatter(TensorView all, TensorView mine, int tag) {
  gathers_ = false;
  start_scatter(all, mine.raw(), tag);
}

void OrderedSum::start_scatter(TensorView tensor, void* sum, int tag) {
  tensor_ = tensor;
  tag_ = tag;
  const size_t element_bytes = size_bytes(tensor.dtype());
  auto* own = static_cast<std::byte*>(tensor.raw()) + static_cast<size_t>(begin_of(rank_)) * element_bytes;
  sum_ = sum != nullptr ? sum : own;
  const size_t piece_bytes = static_cast<size_t>(begin_of(rank_ + 1) - begin_of(rank_)) * element_bytes;
  if (const size_t needed = memory_bytes_for(tensor, size_); received_.size() < needed) received_.resize(needed);
  std::byte* place = received_.data();
  requests_.clear();
  for (int r = 0; r < size_; ++r) {
    parts_[static_cast<size_t>(r)] = r == rank_ ? own : place;
    if (r == rank_) continue;
    receive(r, place, rank_, tag_);
    place += piece_bytes;
  }
  // Each rank begins with its right neighbour, so that not all send to rank 0 at first.
  for (int i = 1; i < size_; ++i) send((rank_ + i) % size_, (rank_ + i) % size_, tag_);
  stage_ = Stage::kScatter;
}

void OrderedSum::start_gather() {
  requests_.clear();
  const size_t element_bytes = size_bytes(tensor_.dtype());
  for (int r = 0; r < size_; ++r) {
    if (r == rank_) continue;
    receive(r, static_cast<std::byte*>(tensor_.raw()) + static_cast<size_t>(begin_of(r)) * element_bytes, r, tag_ + 1);
  }
  for (int i = 1; i < size_; ++i) send((rank_ + i) % size_, rank_, tag_ + 1);
  stage_ = Stage::kGather;
}

bool OrderedSum::step() {
  if (stage_ == Stage::kScatter && messages_done()) {
    sum_in_order(parts_, tensor_.dtype(), sum_, begin_of(rank_ + 1) - begin_of(rank_));
    if (gathers_) {
      start_gather();
    } else {
      stage_ = Stage::kDone;
    }
  }
  if (stage_ == Stage::kGather && messages_done()) stage_ = Stage::kDone;
  return stage_ == Stage::kDone;
}

// Pieces of tensors with fewer elements than ranks may be empty: both sides know and send nothing.
void OrderedSum::send(int to, int piece, int tag) {
  const int64_t begin = begin_of(piece), count = begin_of(piece + 1) - begin;
  if (count == 0) return;
  const size_t element_bytes = size_bytes(tensor_.dtype());
  const ClipkitMpiMessage message{static_cast<std::byte*>(tensor_.raw()) + static_cast<size_t>(begin) * element_bytes,
                                  static_cast<size_t>(count), element_bytes, to, tag};
  check_mpi(mpi_, mpi_.send(&message, &requests_.emplace_back()), "send");
}

void OrderedSum::receive(int from, void* data, int piece, int tag) {
  const int64_t count = begin_of(piece + 1) - begin_of(piece);
  if (count == 0) return;
  const ClipkitMpiMessage message{data, static_cast<size_t>(count), size_bytes(tensor_.dtype()), from, tag};
  check_mpi(mpi_, mpi_.receive(&message, &requests_.emplace_back()), "receive");
}

bool OrderedSum::messages_done() {
  while (!requests_.empty()) {
    int done = 0;
    check_mpi(mpi_, mpi_.test(&requests_.back(), &done), "test");
    if (done == 0) return false;
    requests_.pop_back();
  }
  return true;
}

}  // namespace clipkit
