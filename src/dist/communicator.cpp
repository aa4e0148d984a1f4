#include "dist/communicator.h"

#include <limits>
#include <vector>

#include "base/check.h"

namespace clipkit {

namespace {

void check_tensor(TensorView tensor, const char* call, const char* name) {
  CLIPKIT_CHECK(tensor || tensor.num_elements() == 0, call, ": ", name, " is missing");
  if (tensor.device().kind != Device::Kind::kCpu) {
    fail(ErrorCode::kUnsupported, call, ": ", name, " is on ", to_string(tensor.device()), ", expected cpu");
  }
  // MPI counts elements with int.
  if (tensor.num_elements() > std::numeric_limits<int>::max()) {
    fail(ErrorCode::kUnsupported, call, ": ", name, " has ", tensor.num_elements(), " elements, the limit is 2^31 - 1");
  }
}

void check_summable(TensorView tensor, const char* call) {
  const DType dtype = tensor.dtype();
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64 && dtype != DType::kBFloat16) {
    fail(ErrorCode::kUnsupported, call, ": cannot sum ", to_string(dtype), ", expected float32, float64 or bfloat16");
  }
}

// all has the rows of `ranks` tensors like mine.
void check_rows(TensorView mine, TensorView all, int ranks, const char* call) {
  check_tensor(mine, call, "mine");
  check_tensor(all, call, "all");
  const Shape &one = mine.shape(), &every = all.shape();
  bool fits = mine.dtype() == all.dtype() && one.rank() > 0 && every.rank() == one.rank() && every[0] == one[0] * ranks;
  for (int axis = 1; fits && axis < one.rank(); ++axis) fits = every[axis] == one[axis];
  CLIPKIT_CHECK(fits, call, ": all is ", to_string(all.dtype()), " ", to_string(every), ", expected ", ranks,
                " times the rows of mine, ", to_string(mine.dtype()), " ", to_string(one));
}

}  // namespace

void Communicator::all_gather(TensorView mine, TensorView all) {
  check_rows(mine, all, size(), "all_gather");
  if (mine.bytes() > 0) do_all_gather(mine, all);
}

void Communicator::reduce_scatter_sum(TensorView all, TensorView mine) {
  check_rows(mine, all, size(), "reduce_scatter_sum");
  check_summable(all, "reduce_scatter_sum");
  if (mine.bytes() > 0) do_reduce_scatter_sum(all, mine);
}

PendingSum Communicator::start_all_reduce_sum(TensorView tensor) {
  check_tensor(tensor, "all_reduce_sum", "tensor");
  check_summable(tensor, "all_reduce_sum");
  return tensor.bytes() > 0 ? do_start_all_reduce_sum(tensor) : PendingSum{};
}

void Communicator::wait(PendingSum sum) {
  if (sum.id != 0) do_wait(sum);
}

void Communicator::progress() {
  do_progress();
}

void Communicator::all_reduce_sum(std::span<double> values) {
  const auto n = static_cast<int64_t>(values.size());
  const TensorView mine(values.data(), {1, n}, DType::kFloat64);
  std::vector<double> of_all(values.size() * static_cast<size_t>(size()));
  const TensorView all(of_all.data(), {size(), n}, DType::kFloat64);
  all_gather(mine, all);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = of_all[i];
    for (int r = 1; r < size(); ++r) values[i] += of_all[static_cast<size_t>(r) * values.size() + i];
  }
}

bool Communicator::any(bool mine) {
  double count = mine ? 1 : 0;
  all_reduce_sum({&count, 1});
  return count > 0;
}

void Communicator::broadcast(TensorView tensor, int root) {
  check_tensor(tensor, "broadcast", "tensor");
  CLIPKIT_CHECK(root >= 0 && root < size(), "broadcast: root is rank ", root, " of ", size());
  if (tensor.bytes() > 0) do_broadcast(tensor, root);
}

void Communicator::barrier() {
  do_barrier();
}

}  // namespace clipkit
