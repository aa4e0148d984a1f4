#include <clipkit/clipkit.h>

#include <cstdio>
#include <string>

// Uses every part that the library is made of: architectures from its assets, the tokenizer, a model that runs.
int main() {
  const clipkit::Model model = clipkit::load("generated:mini-vit");
  const clipkit::Tensor features = model.encode_text({"a diagram", "a dog"});
  if (clipkit::load().encode_text({"a rabbit"}).shape()[0] != 1) return 1;  // the model in the library
  const auto ids = clipkit::Tokenizer::clip()->encode("a diagram");
  std::printf("%s %zu\n", clipkit::to_string(features.shape()).c_str(), ids.size());
  return features.shape()[0] == 2 && ids.size() == 2 ? 0 : 1;
}
