#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "dist/communicator.h"
#include "dist/ordered_sum.h"

namespace clipkit {

// The ranks of an MPI launcher.
class MpiCommunicator final : public Communicator {
 public:
  // Starts MPI. Errors: kIo; kUnsupported if the launcher says that it started another number of processes.
  static std::unique_ptr<MpiCommunicator> open(const ClipkitMpiFunctions& mpi, int launched);
  // Ends MPI, together with the other ranks. Not while an exception passes or a sum is under way: the others may then
  // never come, and the launcher ends them when this process is gone.
  ~MpiCommunicator() override;

  [[noreturn]] void abort(std::string_view message) override;

 private:
  struct Running {
    uint64_t id;
    std::unique_ptr<OrderedSum> sum;
  };

  MpiCommunicator(const ClipkitMpiFunctions& mpi, Place place);
  void do_all_gather(TensorView mine, TensorView all) override;
  void do_reduce_scatter_sum(TensorView all, TensorView mine) override;
  PendingSum do_start_all_reduce_sum(TensorView tensor) override;
  void do_wait(PendingSum sum) override;
  void do_progress() override;
  void do_broadcast(TensorView tensor, int root) override;
  void do_barrier() override;

  Running& add_sum(TensorView tensor);
  int tag_of(uint64_t id) const noexcept;

  const ClipkitMpiFunctions& mpi_;
  int exceptions_at_start_;
  uint64_t last_id_ = 0;
  std::deque<Running> running_;                    // oldest first
  std::vector<std::unique_ptr<OrderedSum>> idle_;  // kept for their memory
};

}  // namespace clipkit
