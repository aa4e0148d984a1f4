#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "clipkit/tensor.h"

namespace clipkit {

// A sum that start_all_reduce_sum() began. A default one is finished.
struct PendingSum {
  uint64_t id = 0;
};

// The processes that train together: ranks 0 to size() - 1, all running the same program. Every rank makes the same
// calls in the same order with the same shapes; only progress() is free. Tensors are on the host.
//
// Sums have the same bits in every run, on every rank, and however a tensor is cut into buckets: an element is
// ((x0 + x1) + x2) + ... in the order of the ranks, taken in float64 and rounded once to the tensor's type.
//
// One thread opens, uses and destroys it (the compute thread). A rank that ends, however it ends, takes the others with
// it: let errors pass through the communicator's scope, and the launcher ends every rank when this process does.
// Errors of every call: kInvalidArgument, kUnsupported (dtype, device, 2^31 elements and more), kIo if MPI fails.
class Communicator {
 public:
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int rank() const noexcept { return place_.rank; }
  int size() const noexcept { return place_.size; }
  // The same among the ranks of this machine, which share its processors and accelerators.
  int local_rank() const noexcept { return place_.local_rank; }
  int local_size() const noexcept { return place_.local_size; }

  // The rows of all ranks, one rank below the other: all (size * n, ...) from mine (n, ...). Any dtype. mine may be
  // this rank's rows of all.
  void all_gather(TensorView mine, TensorView all);
  // Its backward: mine (n, ...) becomes this rank's rows of the sum of all (size * n, ...). float32, float64, bfloat16.
  void reduce_scatter_sum(TensorView all, TensorView mine);

  // Every rank's tensor becomes their sum. float32, float64, bfloat16.
  void all_reduce_sum(TensorView tensor) { wait(start_all_reduce_sum(tensor)); }
  // The same while this rank goes on computing. The tensor must not be touched before wait() has returned.
  PendingSum start_all_reduce_sum(TensorView tensor);
  void wait(PendingSum sum);
  // Moves what is under way; never blocks. Messages only move inside calls, so call it now and then (after each layer).
  void progress();

  void all_reduce_sum(std::span<double> values);
  // Whether it is true on at least one rank.
  bool any(bool mine);

  // Every rank gets root's content. Any dtype.
  void broadcast(TensorView tensor, int root);
  // Returns when every rank has called it.
  void barrier();

  // Ends the processes of all ranks with this message on standard error, for a rank that cannot let an error pass on.
  // A single process throws Error(kCancelled) instead.
  [[noreturn]] virtual void abort(std::string_view message) = 0;

 protected:
  struct Place {
    int rank = 0, size = 1, local_rank = 0, local_size = 1;
  };
  explicit Communicator(Place place) : place_(place) {}

 private:
  // As above, with checked arguments and never an empty tensor.
  virtual void do_all_gather(TensorView mine, TensorView all) = 0;
  virtual void do_reduce_scatter_sum(TensorView all, TensorView mine) = 0;
  virtual PendingSum do_start_all_reduce_sum(TensorView tensor) = 0;
  virtual void do_wait(PendingSum sum) = 0;
  virtual void do_progress() = 0;
  virtual void do_broadcast(TensorView tensor, int root) = 0;
  virtual void do_barrier() = 0;

  Place place_;
};

// One process: every call is a copy or nothing.
std::unique_ptr<Communicator> single_process();

// The ranks that an MPI launcher (mpirun, srun) started, as its environment variables show, or a single process. At
// most one per process at a time, and under MPI one ever: MPI cannot be started again. Errors: kUnsupported if there is
// a launcher and this build has no module clipkit_mpi, or one for another MPI.
std::unique_ptr<Communicator> open_communicator();

}  // namespace clipkit
