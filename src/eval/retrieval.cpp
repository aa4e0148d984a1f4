#include "eval/retrieval.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/parallel.h"

namespace clipkit {

namespace {

constexpr int64_t kImages = 256, kTexts = 4096;  // of a block: 4 MiB of similarities
constexpr int64_t kColumns = 256;                // of a block that one thread counts

// The score to beat: that of the first right answer.
struct Own {
  float score = -INFINITY;
  int64_t index = -1;
};

// Captions in the order of their pictures.
std::vector<int64_t> texts_by_image(std::span<const int64_t> image_of_text, int64_t num_images) {
  std::vector<int64_t> order(image_of_text.size());
  for (size_t t = 0; t < order.size(); ++t) {
    CLIPKIT_CHECK(image_of_text[t] >= 0 && image_of_text[t] < num_images, "caption ", t, " belongs to picture ",
                  image_of_text[t], " of ", num_images);
    order[t] = static_cast<int64_t>(t);
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return image_of_text[static_cast<size_t>(a)] < image_of_text[static_cast<size_t>(b)];
  });
  return order;
}

// The similarities of all pairs that belong together. Each is the same dot product, to the bit, as in the blocks below.
std::vector<float> own_scores(Backend& b, const TensorView& images, const TensorView& texts,
                              std::span<const int64_t> image_of_text) {
  const std::vector<int64_t> order = texts_by_image(image_of_text, images.shape()[0]);
  std::vector<float> own(image_of_text.size());
  const Tensor rows = Tensor::empty({kColumns, texts.shape()[1]}), scores = Tensor::empty({1, kColumns});
  for (size_t begin = 0; begin < order.size();) {
    const int64_t image = image_of_text[static_cast<size_t>(order[begin])];
    int64_t count = 0;
    for (; begin + static_cast<size_t>(count) < order.size() && count < kColumns; ++count) {
      const int64_t text = order[begin + static_cast<size_t>(count)];
      if (image_of_text[static_cast<size_t>(text)] != image) break;
      const auto from = texts.row<float>(text);
      std::copy(from.begin(), from.end(), rows.row<float>(count).begin());
    }
    const TensorView found(scores.view().raw(), {1, count}, DType::kFloat32);
    ops::similarity(b, {.a = images.slice(image, image + 1), .b = rows.view().slice(0, count), .c = found});
    for (int64_t i = 0; i < count; ++i)
      own[static_cast<size_t>(order[begin + static_cast<size_t>(i)])] = found.data<float>()[i];
    begin += static_cast<size_t>(count);
  }
  return own;
}

std::vector<Own> best_of_images(std::span<const float> own, std::span<const int64_t> image_of_text,
                                int64_t num_images) {
  std::vector<Own> best(static_cast<size_t>(num_images));
  for (size_t t = 0; t < own.size(); ++t) {
    Own& image = best[static_cast<size_t>(image_of_text[t])];
    if (image.index < 0 || std::isnan(image.score) || own[t] > image.score) image = {own[t], static_cast<int64_t>(t)};
  }
  return best;
}

// Whether something at `index` with this score stands before its competitor.
bool before(float score, int64_t index, const Own& own) {
  return (score > own.score) | ((score == own.score) & (index < own.index));
}

}  // namespace

RetrievalRanks retrieval_ranks(Backend& backend, TensorView images, TensorView texts,
                               std::span<const int64_t> image_of_text,
                               const std::function<void(double done)>& between) {
  const int64_t num_images = images.shape()[0], num_texts = texts.shape()[0];
  CLIPKIT_CHECK(static_cast<int64_t>(image_of_text.size()) == num_texts, image_of_text.size(), " owners for ",
                num_texts, " captions");
  const std::vector<float> own = own_scores(backend, images, texts, image_of_text);
  const std::vector<Own> best = best_of_images(own, image_of_text, num_images);
  RetrievalRanks ranks{std::vector<int64_t>(best.size(), 1), std::vector<int64_t>(own.size(), 1)};

  const Tensor block = Tensor::empty({std::min(kImages, num_images), std::min(kTexts, num_texts)});
  for (int64_t image = 0; image < num_images; image += kImages) {
    const int64_t n = std::min(kImages, num_images - image);
    for (int64_t text = 0; text < num_texts; text += kTexts) {
      const int64_t m = std::min(kTexts, num_texts - text);
      const TensorView scores(block.view().raw(), {n, m}, DType::kFloat32);
      ops::similarity(backend, {.a = images.slice(image, image + n), .b = texts.slice(text, text + m), .c = scores});
      parallel_for(n, [&](int64_t i) {
        const Own rival = best[static_cast<size_t>(image + i)];
        const float* row = scores.data<float>() + i * m;
        int64_t count = 0;
        for (int64_t t = 0; t < m; ++t) count += before(row[t], text + t, rival);
        ranks.image_to_text[static_cast<size_t>(image + i)] += count;
      });
      parallel_for((m + kColumns - 1) / kColumns, [&](int64_t chunk) {
        const int64_t end = std::min(m, (chunk + 1) * kColumns);
        for (int64_t i = 0; i < n; ++i) {
          for (int64_t t = chunk * kColumns; t < end; ++t) {
            const auto column = static_cast<size_t>(text + t);
            ranks.text_to_image[column] +=
                before(scores.data<float>()[i * m + t], image + i, {own[column], image_of_text[column]});
          }
        }
      });
      if (between) {
        between((static_cast<double>(image) +
                 static_cast<double>(n) * static_cast<double>(text + m) / static_cast<double>(num_texts)) /
                static_cast<double>(num_images));
      }
    }
  }
  for (size_t i = 0; i < best.size(); ++i) {
    if (best[i].index < 0) ranks.image_to_text[i] = 0;
    if (std::isnan(best[i].score)) ranks.image_to_text[i] = num_texts;
  }
  for (size_t t = 0; t < own.size(); ++t) {
    if (std::isnan(own[t])) ranks.text_to_image[t] = num_images;
  }
  return ranks;
}

RetrievalRecall retrieval_recall(std::span<const int64_t> all_ranks) {
  std::vector<int64_t> ranks(all_ranks.begin(), all_ranks.end());
  std::erase(ranks, 0);
  RetrievalRecall result;
  result.num_queries = static_cast<int64_t>(ranks.size());
  if (ranks.empty()) return result;
  double sum = 0;
  for (const int64_t rank : ranks) {
    result.recall_at_1 += rank <= 1;
    result.recall_at_5 += rank <= 5;
    result.recall_at_10 += rank <= 10;
    sum += static_cast<double>(rank);
  }
  const auto count = static_cast<double>(ranks.size());
  result.recall_at_1 /= count;
  result.recall_at_5 /= count;
  result.recall_at_10 /= count;
  result.mean_rank = sum / count;
  const auto middle = ranks.begin() + static_cast<std::ptrdiff_t>(ranks.size() / 2);
  std::nth_element(ranks.begin(), middle, ranks.end());
  result.median_rank = static_cast<double>(*middle);
  return result;
}

}  // namespace clipkit
