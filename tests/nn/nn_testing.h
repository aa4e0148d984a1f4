#pragma once

#include "nn/context.h"
#include "nn/param.h"
#include "support/tensors.h"

namespace clipkit::testing {

// Made-up values for every parameter, in the order of visit_params: weights of products small enough that activations
// stay about 1, vectors about `mean` (norms scale by about 1, running variances are above 0).
class ParamFiller {
 public:
  explicit ParamFiller(uint32_t seed) : seed_(seed) {}

  ParamVisitor visitor() {
    return [this](const std::string& name, Param& param) {
      const bool about_one = param.shape.rank() == 1 && (ends_with(name, "weight") || ends_with(name, "var"));
      const float scale = param.shape.rank() > 1
                              ? 1.5f / std::sqrt(static_cast<float>(param.shape.num_elements() / param.shape[0]))
                              : 0.5f;
      param.value = random_tensor(param.shape, ++seed_, DType::kFloat32, scale, about_one ? 1.0f : 0.0f);
      names.push_back(name);
    };
  }

  std::vector<std::string> names;

 private:
  static bool ends_with(const std::string& name, const std::string& end) {
    return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  }
  uint32_t seed_;
};

// A layer's forward pass in float64.
class NnTest : public ::testing::Test {
 protected:
  Tensor sums(Shape shape) const { return Tensor::zeros(shape, DType::kFloat64); }
  Tensor input(Shape shape, uint32_t seed) const { return to_double(random_tensor(shape, seed)); }

  std::unique_ptr<Backend> backend_ = make_reference_backend(DType::kFloat64);
  Workspace workspace_{*backend_};
  Context context_{*backend_, workspace_};
};

inline void expect_near(const TensorView& found, const TensorView& expected, double tolerance,
                        const std::string& what) {
  ASSERT_EQ(found.shape(), expected.shape()) << what;
  double largest = 0;
  for (int64_t i = 0; i < found.num_elements(); ++i) {
    const double difference = std::abs(found.data<double>()[i] - expected.data<double>()[i]);
    largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
  }
  EXPECT_LE(largest, tolerance) << what;
}

}  // namespace clipkit::testing
