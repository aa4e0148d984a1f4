#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clipkit/tensor.h"
#include "dist/mpi_functions.h"

namespace clipkit {

// sum[i] = ((parts[0][i] + parts[1][i]) + ...) in float64, rounded once, for n elements. sum may be one of the parts.
void sum_in_order(std::span<const void* const> parts, DType dtype, void* sum, int64_t n);

// One sum over the ranks, as messages that are under way. The tensor is cut into one piece for each rank: every rank
// sends each piece to the one that sums it, gets its own piece from all, sums it in the order of the ranks and sends
// the result back to all. That moves as many bytes as a ring, 2 (size - 1) / size of the tensor, in two steps. Plain
// messages with tags and no collective of MPI, because ranks may reach the second step of several sums in different
// orders. The object is used again for later sums and keeps its memory.
class OrderedSum {
 public:
  OrderedSum(const ClipkitMpiFunctions& mpi, int rank, int size);

  // tag and tag + 1 must not be in use by another sum. Errors: kIo.
  void start_all_reduce(TensorView tensor, int tag);
  // Ends after the first step: this rank's rows of the sum go to mine.
  void start_reduce_scatter(TensorView all, TensorView mine, int tag);
  // Goes on with whatever has arrived; true once this rank is done. Errors: kIo.
  bool step();

  size_t memory_bytes() const noexcept { return received_.size(); }
  // What start_...() needs.
  static size_t memory_bytes_for(TensorView tensor, int size) noexcept;

 private:
  enum class Stage { kScatter, kGather, kDone };
  int64_t begin_of(int piece) const noexcept;
  void start_scatter(TensorView tensor, void* sum, int tag);
  void start_gather();
  void send(int to, int piece, int tag);
  void receive(int from, void* data, int piece, int tag);
  bool messages_done();

  const ClipkitMpiFunctions& mpi_;
  int rank_, size_;
  Stage stage_ = Stage::kDone;
  bool gathers_ = false;
  TensorView tensor_;
  void* sum_ = nullptr;  // where this rank's piece of the sum goes
  int tag_ = 0;
  std::vector<std::byte> received_;  // this rank's piece from the others
  std::vector<const void*> parts_;   // the same by rank
  std::vector<uint64_t> requests_;
};

}  // namespace clipkit
