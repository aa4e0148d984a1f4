#include "ops/planning_backend.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace clipkit {

namespace {

struct PlannedLinear : PackedLinear {
  explicit PlannedLinear(const LinearSpec& s)
      : PackedLinear(s.weight.shape()[s.transposed ? 0 : 1], s.weight.shape()[s.transposed ? 1 : 0]), spec(s) {}
  LinearSpec spec;
};
struct PlannedConvolution : PackedConvolution {
  explicit PlannedConvolution(const ConvolutionSpec& spec) : PackedConvolution(spec) {}
};
struct PlannedPooledAttention : PackedPooledAttention {
  explicit PlannedPooledAttention(const PooledAttentionSpec& spec) : PackedPooledAttention(spec) {}
};

}  // namespace

Tensor PlanningBackend::allocate(Shape shape, DType dtype) {
  const size_t bytes = std::max<size_t>(1, static_cast<size_t>(shape.num_elements()) * size_bytes(dtype));
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail(ErrorCode::kOutOfMemory, "planning: no address space for ", bytes, " bytes");
  return {TensorView(memory, shape, dtype, device()),
          std::shared_ptr<const void>(memory, [bytes](const void* at) { munmap(const_cast<void*>(at), bytes); })};
}

void PlanningBackend::download(TensorView, TensorView host) {
  std::memset(host.raw(), 0, host.bytes());
}

std::unique_ptr<PackedLinear> PlanningBackend::pack(const LinearSpec& spec) {
  // For training it borrows what it can multiply where it lies.
  if (!spec.training || operand_dtype() != sum_dtype()) {
    packed_bytes_ += static_cast<size_t>(spec.weight.num_elements()) * size_bytes(operand_dtype());
  }
  return std::make_unique<PlannedLinear>(spec);
}

void PlanningBackend::linear(const PackedLinear& w, const LinearArgs& a) {
  products(a.x.shape()[0], w.in() * w.out());
  const LinearSpec& spec = static_cast<const PlannedLinear&>(w).spec;
  if (prepared_ && spec.training) prepared_->prepare(spec, a);
}

void PlanningBackend::linear_input_gradient(const PackedLinear& w, const LinearInputGradientArgs& a) {
  products(a.dy.shape()[0], w.in() * w.out());
  if (prepared_) prepared_->prepare(static_cast<const PlannedLinear&>(w).spec, a);
}

void PlanningBackend::linear_weight_gradient(const LinearWeightGradientArgs& a) {
  products(a.dy.shape()[0], a.dweight.num_elements());
  if (prepared_) prepared_->prepare(a);
}

std::unique_ptr<PackedConvolution> PlanningBackend::pack(const ConvolutionSpec& spec) {
  packed_bytes_ += static_cast<size_t>(spec.weight.num_elements()) * size_bytes(operand_dtype());
  return std::make_unique<PlannedConvolution>(spec);
}

std::unique_ptr<PackedPooledAttention> PlanningBackend::pack(const PooledAttentionSpec& spec) {
  packed_bytes_ += 2 * static_cast<size_t>(spec.k_weight.num_elements()) * size_bytes(sum_dtype());
  return std::make_unique<PlannedPooledAttention>(spec);
}

void PlanningBackend::attention_products(int number, std::span<const int64_t> starts, std::span<const int64_t> q_starts,
                                         int64_t width) {
  for (size_t n = 1; n < starts.size(); ++n) {
    products(q_starts[n] - q_starts[n - 1], number * (starts[n] - starts[n - 1]) * width);
  }
}

}  // namespace clipkit
