// Zero-shot classification: which words fit a picture?
//
//   zero_shot MODEL PICTURE LABEL...
//   zero_shot ViT-B-32.pt CLIP.png "a diagram" "a dog" "a cat"
#include <clipkit/clipkit.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

void classify(const std::string& checkpoint, const std::string& picture, const std::vector<std::string>& labels) {
  // [zero_shot]
  clipkit::Model model = clipkit::load(checkpoint);
  auto image_features = model.encode_image({clipkit::read_image(picture)});  // (N, E)
  auto text_features = model.encode_text(labels);                            // (N, E)
  auto [logits_per_image, logits_per_text] = model.logits(image_features, text_features);
  auto probabilities = clipkit::softmax(logits_per_image);  // (pictures, labels)
  // [/zero_shot]
  for (size_t i = 0; i < labels.size(); ++i) {
    std::printf("%.4f  %s\n", static_cast<double>(probabilities.span<float>()[i]), labels[i].c_str());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: zero_shot MODEL PICTURE LABEL...\n");
    return 2;
  }
  classify(argv[1], argv[2], {argv + 3, argv + argc});
} catch (const std::exception& error) {
  std::fprintf(stderr, "zero_shot: %s\n", error.what());
  return 1;
}
