#include "cpu/convolution_gradient.h"

#include <algorithm>

#include "base/parallel.h"
#include "cpu/kernels.h"

namespace clipkit {

namespace {

// A piece of work is some lines of pixels of one picture, some input channels and one place of the kernel, and all
// output channels. Lines come in groups, each with sums of its own that are added up at the end: how many there are
// depends on the sizes alone.
struct Split {
  static constexpr int64_t kPixels = 128;    // of a piece, as many as are multiplied at once
  static constexpr int64_t kChannels = 128;  // of a piece: each reads all of dy
  static constexpr int64_t kTasks = 64;      // enough for any number of threads

  explicit Split(const ConvolutionWeightGradientArgs& a)
      : N(a.x.shape()[0]),
        H(a.x.shape()[1]),
        W(a.x.shape()[2]),
        C(a.x.shape()[3]),
        out_h(a.dy.shape()[1]),
        out_w(a.dy.shape()[2]),
        O(a.dy.shape()[3]),
        K(a.dweight.shape()[2]),
        stride(a.stride),
        padding(a.padding) {}

  int64_t N, H, W, C, out_h, out_w, O, K, stride, padding;
  int64_t lines = std::min(out_h, std::max<int64_t>(1, kPixels / out_w));  // of a piece
  int64_t pieces = N * ((out_h + lines - 1) / lines);
  int64_t channel_blocks = (C + kChannels - 1) / kChannels;
  int64_t groups = std::min(pieces, (kTasks + K * K * channel_blocks - 1) / (K * K * channel_blocks));

  // The pixels [first, last) of out that a place of the kernel joins with a pixel of in.
  struct Range {
    int64_t first, last;
  };
  Range joined(int64_t place, int64_t in, int64_t out) const {
    const int64_t shift = padding - place;  // out * stride - shift is within [0, in)
    return {shift > 0 ? (shift + stride - 1) / stride : 0,
            in + shift > 0 ? std::min(out, (in + shift + stride - 1) / stride) : 0};
  }
};

// to[c - begin][o] += the products of one piece at the place (i, j) of the kernel, for channels [begin, begin + count).
template <class T>
void add_piece(const Split& s, const T* x, const T* dy, int64_t piece, int64_t i, int64_t j, int64_t begin,
               int64_t count, float* to) {
  const int64_t per_picture = s.pieces / s.N, n = piece / per_picture, line = piece % per_picture * s.lines;
  const Split::Range rows = s.joined(i, s.H, s.out_h), columns = s.joined(j, s.W, s.out_w);
  const int64_t first = std::max(line, rows.first), last = std::min(line + s.lines, rows.last);
  if (first >= last || columns.first >= columns.last) return;
  const int64_t h = first * s.stride - s.padding + i, w = columns.first * s.stride - s.padding + j;
  kernels::outer_products({.lines = last - first,
                           .rows = columns.last - columns.first,
                           .a_line = s.stride * s.W * s.C,
                           .a_row = s.stride * s.C,
                           .b_line = s.out_w * s.O,
                           .b_row = s.O},
                          x + ((n * s.H + h) * s.W + w) * s.C + begin, count,
                          dy + ((n * s.out_h + first) * s.out_w + columns.first) * s.O, s.O, to, s.O);
}

}  // namespace

template <class T>
void convolution_weight_gradient_on_cpu(const ConvolutionWeightGradientArgs& a, Tensor& scratch) {
  const Split s(a);
  const auto *x = static_cast<const T*>(a.x.raw()), *dy = static_cast<const T*>(a.dy.raw());
  const int64_t places = s.K * s.K, size = places * s.C * s.O;
  if (!scratch || scratch.num_elements() < s.groups * size) scratch = Tensor::empty({s.groups * size});
  float* partial = scratch.data<float>();  // (groups, K * K, C, O)
  parallel_for_dynamic(s.groups * places * s.channel_blocks, [&](int64_t task) {
    const int64_t block = task % s.channel_blocks, place = task / s.channel_blocks % places,
                  group = task / s.channel_blocks / places;
    const int64_t begin = block * Split::kChannels, count = std::min(Split::kChannels, s.C - begin);
    float* to = partial + group * size + (place * s.C + begin) * s.O;
    std::fill(to, to + count * s.O, 0.0f);
    for (int64_t piece = group * s.pieces / s.groups; piece < (group + 1) * s.pieces / s.groups; ++piece) {
      add_piece(s, x, dy, piece, place / s.K, place % s.K, begin, count, to);
    }
  });
  // From (K * K, C, O) to (O, C, K * K), some output channels at a time: their elements lie together here.
  constexpr int64_t kTogether = 16;
  auto* dweight = a.dweight.data<float>();
  parallel_for((s.O + kTogether - 1) / kTogether, [&](int64_t block) {
    const int64_t begin = block * kTogether, count = std::min(kTogether, s.O - begin);
    for (int64_t c = 0; c < s.C; ++c) {
      for (int64_t place = 0; place < places; ++place) {
        float sums[kTogether] = {};
        for (int64_t group = 0; group < s.groups; ++group) {
          const float* from = partial + group * size + (place * s.C + c) * s.O + begin;
          for (int64_t o = 0; o < count; ++o) sums[o] += from[o];
        }
        for (int64_t o = 0; o < count; ++o) dweight[((begin + o) * s.C + c) * places + place] += sums[o];
      }
    }
  });
}

template void convolution_weight_gradient_on_cpu<float>(const ConvolutionWeightGradientArgs&, Tensor&);
template void convolution_weight_gradient_on_cpu<uint16_t>(const ConvolutionWeightGradientArgs&, Tensor&);

}  // namespace clipkit
