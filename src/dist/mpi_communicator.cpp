#include "dist/mpi_communicator.h"

#include <algorithm>
#include <cstdlib>
#include <exception>

#include "base/log.h"
#include "dist/mpi_check.h"
#include "dist/mpi_library.h"

namespace clipkit {

namespace {

// Every MPI allows tags up to 32767; a sum takes two, which are used again after so many sums.
constexpr uint64_t kMaxRunning = 16384;

}  // namespace

std::unique_ptr<MpiCommunicator> MpiCommunicator::open(const ClipkitMpiFunctions& mpi, int launched) {
  ClipkitMpiPlace place{};
  check_mpi(mpi, mpi.start(&place), "start");
  std::unique_ptr<MpiCommunicator> communicator(
      new MpiCommunicator(mpi, {place.rank, place.size, place.local_rank, place.local_size}));
  if (launched > 0 && launched != place.size) {
    fail(ErrorCode::kUnsupported, "the launcher started ", launched, " processes and MPI sees ", place.size, ": ",
         kClipkitMpiModule, " was built for another MPI than this launcher's");
  }
  return communicator;
}

MpiCommunicator::MpiCommunicator(const ClipkitMpiFunctions& mpi, Place place)
    : Communicator(place), mpi_(mpi), exceptions_at_start_(std::uncaught_exceptions()) {}

MpiCommunicator::~MpiCommunicator() {
  if (std::uncaught_exceptions() > exceptions_at_start_ || !running_.empty()) return;
  if (mpi_.finish() != 0) log_warning("MPI: finish: ", mpi_.last_error());
}

void MpiCommunicator::abort(std::string_view message) {
  mpi_.abort(std::string(message).c_str());
  std::abort();  // MPI_Abort does not return
}

void MpiCommunicator::do_all_gather(TensorView mine, TensorView all) {
  const auto* own = static_cast<const std::byte*>(all.raw()) + mine.bytes() * static_cast<size_t>(rank());
  const bool in_place = mine.raw() == own;
  check_mpi(mpi_,
            mpi_.all_gather(in_place ? nullptr : mine.raw(), all.raw(), static_cast<size_t>(mine.num_elements()),
                            size_bytes(mine.dtype())),
            "all_gather");
}

void MpiCommunicator::do_broadcast(TensorView tensor, int root) {
  check_mpi(mpi_,
            mpi_.broadcast(tensor.raw(), static_cast<size_t>(tensor.num_elements()), size_bytes(tensor.dtype()), root),
            "broadcast");
}

void MpiCommunicator::do_barrier() {
  check_mpi(mpi_, mpi_.barrier(), "barrier");
}

int MpiCommunicator::tag_of(uint64_t id) const noexcept {
  return static_cast<int>(id % kMaxRunning * 2);
}

// A sum of earlier whose memory is nearest to what this one needs: buckets have the same sizes in every step, so that
// after the first step nothing is allocated.
MpiCommunicator::Running& MpiCommunicator::add_sum(TensorView tensor) {
  CLIPKIT_CHECK(running_.empty() || last_id_ + 1 - running_.front().id < kMaxRunning, "all_reduce_sum: a sum of ",
                kMaxRunning, " sums ago is still under way");
  const size_t needed = OrderedSum::memory_bytes_for(tensor, size());
  auto best = idle_.end();
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    if (best == idle_.end()) {
      best = it;
      continue;
    }
    const size_t has = (*it)->memory_bytes(), best_has = (*best)->memory_bytes();
    if (best_has < needed ? has > best_has : has >= needed && has < best_has) best = it;
  }
  std::unique_ptr<OrderedSum> sum;
  if (best != idle_.end()) {
    sum = std::move(*best);
    idle_.erase(best);
  } else {
    sum = std::make_unique<OrderedSum>(mpi_, rank(), size());
  }
  return running_.emplace_back(Running{++last_id_, std::move(sum)});
}

PendingSum MpiCommunicator::do_start_all_reduce_sum(TensorView tensor) {
  Running& added = add_sum(tensor);
  added.sum->start_all_reduce(tensor, tag_of(added.id));
  return {added.id};
}

void MpiCommunicator::do_reduce_scatter_sum(TensorView all, TensorView mine) {
  Running& added = add_sum(all);
  added.sum->start_reduce_scatter(all, mine, tag_of(added.id));
  do_wait({added.id});
}

void MpiCommunicator::do_progress() {
  std::erase_if(running_, [&](Running& running) {
    if (!running.sum->step()) return false;
    idle_.push_back(std::move(running.sum));
    return true;
  });
}

void MpiCommunicator::do_wait(PendingSum sum) {
  CLIPKIT_CHECK(sum.id <= last_id_, "wait: no such sum");
  const auto is_it = [&](const Running& running) { return running.id == sum.id; };
  while (std::any_of(running_.begin(), running_.end(), is_it)) do_progress();
}

std::unique_ptr<Communicator> open_communicator() {
  const int launched = launched_processes();
  if (launched == 0) return single_process();
  return MpiCommunicator::open(mpi_functions(), launched);
}

}  // namespace clipkit
