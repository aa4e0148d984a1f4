// The module clipkit_ffmpeg.so: frames of films through FFmpeg's libraries. It is no part of the library, which opens
// it when it needs it.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cstdio>
#include <memory>

#include "data/sets/set_modules.h"

namespace {

struct Free {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

int refuse(char* error, const char* reason) {
  std::snprintf(error, kClipkitErrorBytes, "%s", reason);
  return -1;
}

struct Film {
  Owned<AVFormatContext> file;
  int stream = -1;
};

int open_film(const char* path, Film& film, const AVCodec** codec, char* error) {
  AVFormatContext* opened = nullptr;
  // The file alone: a playlist must not make us open what it names.
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "format_whitelist", "avi,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpeg,mpegts,asf,flv,ogg", 0);
  const int result = avformat_open_input(&opened, path, nullptr, &options);
  av_dict_free(&options);
  if (result < 0) return refuse(error, "not a film that FFmpeg can read");
  film.file.reset(opened);
  if (avformat_find_stream_info(opened, nullptr) < 0) return refuse(error, "damaged film");
  film.stream = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, codec, 0);
  if (film.stream < 0 || *codec == nullptr) return refuse(error, "there are no pictures in it that FFmpeg can decode");
  return 0;
}

// The packets of the film's stream: each is a frame.
int64_t count_frames(Film& film) {
  const Owned<AVPacket> packet(av_packet_alloc());
  int64_t count = 0;
  while (av_read_frame(film.file.get(), packet.get()) >= 0) {
    count += packet->stream_index == film.stream ? 1 : 0;
    av_packet_unref(packet.get());
  }
  return count;
}

// Decodes from the start up to frame `wanted`, in the order in which they are shown; the last one if there are fewer.
int decode_frame(Film& film, const AVCodec* codec, int64_t max_pixels, int64_t wanted, AVFrame* frame, char* error) {
  const Owned<AVCodecContext> decoder(avcodec_alloc_context3(codec));
  const AVCodecParameters* parameters = film.file->streams[film.stream]->codecpar;
  if (!decoder || avcodec_parameters_to_context(decoder.get(), parameters) < 0) return refuse(error, "damaged film");
  decoder->max_pixels = max_pixels;
  decoder->thread_count = 1;  // whoever reads films has threads of its own
  if (avcodec_open2(decoder.get(), codec, nullptr) < 0) return refuse(error, "its decoder does not start");
  const Owned<AVPacket> packet(av_packet_alloc());
  const Owned<AVFrame> decoded(av_frame_alloc());
  int64_t count = 0;
  const auto take_frames = [&] {
    while (count <= wanted && avcodec_receive_frame(decoder.get(), decoded.get()) >= 0) {
      av_frame_unref(frame);
      av_frame_move_ref(frame, decoded.get());
      ++count;
    }
  };
  while (count <= wanted && av_read_frame(film.file.get(), packet.get()) >= 0) {
    if (packet->stream_index == film.stream && avcodec_send_packet(decoder.get(), packet.get()) >= 0) take_frames();
    av_packet_unref(packet.get());
  }
  if (count <= wanted) {
    avcodec_send_packet(decoder.get(), nullptr);  // what it still holds back
    take_frames();
  }
  return count > 0 ? 0 : refuse(error, "no frame of it can be decoded");
}

int middle_frame(const char* path, int64_t max_pixels, int* width, int* height, uint8_t** rgb, char* error) {
  av_log_set_level(AV_LOG_QUIET);
  const AVCodec* codec = nullptr;
  int64_t count = 0;
  {
    Film film;
    if (open_film(path, film, &codec, error) != 0) return -1;
    count = count_frames(film);
  }
  Film film;  // again from the start: not every file can be wound back
  if (open_film(path, film, &codec, error) != 0) return -1;
  const Owned<AVFrame> frame(av_frame_alloc());
  if (decode_frame(film, codec, max_pixels, count / 2, frame.get(), error) != 0) return -1;
  *width = frame->width;
  *height = frame->height;
  if (*width < 1 || *height < 1 || int64_t{*width} * *height > max_pixels) return refuse(error, "too many pixels");
  const Owned<SwsContext> scaler(sws_getContext(*width, *height, static_cast<AVPixelFormat>(frame->format), *width,
                                                *height, AV_PIX_FMT_RGB24, SWS_BICUBIC | SWS_ACCURATE_RND, nullptr,
                                                nullptr, nullptr));
  uint8_t* planes[4] = {};
  int strides[4] = {};
  // The scaler writes a little past rows: its memory is aligned and then packed.
  if (!scaler || av_image_alloc(planes, strides, *width, *height, AV_PIX_FMT_RGB24, 64) < 0) {
    return refuse(error, "its colours cannot be converted");
  }
  sws_scale(scaler.get(), frame->data, frame->linesize, 0, *height, planes, strides);
  const size_t row = 3 * static_cast<size_t>(*width);
  *rgb = new uint8_t[row * static_cast<size_t>(*height)];
  for (int y = 0; y < *height; ++y) {
    std::copy_n(planes[0] + static_cast<ptrdiff_t>(y) * strides[0], row, *rgb + static_cast<size_t>(y) * row);
  }
  av_freep(&planes[0]);
  return 0;
}

void free_frame(uint8_t* rgb) {
  delete[] rgb;
}

constexpr ClipkitFilmFunctions kFunctions{kClipkitSetModuleVersion, middle_frame, free_frame};

}  // namespace

extern "C" [[gnu::visibility("default")]] const void* clipkit_ffmpeg_functions() {
  return &kFunctions;
}
