#include "data/pair_loader.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/check.h"

namespace clipkit {

PairLoader::PairLoader(std::shared_ptr<const PairSource> pairs, std::shared_ptr<const Tokenizer> tokenizer,
                       const LoaderConfig& config)
    : samples_(std::move(pairs), std::move(tokenizer), config.sample), config_(config) {
  const bool training = config.sample.training;
  const int64_t size = samples_.epoch_size();
  CLIPKIT_CHECK(config.num_ranks > 0 && 0 <= config.rank && config.rank < config.num_ranks, "rank ", config.rank,
                " of ", config.num_ranks);
  CLIPKIT_CHECK(config.batch_size > 0 && config.batch_size % config.num_ranks == 0, "a batch of ", config.batch_size,
                " pairs cannot be shared by ", config.num_ranks, " ranks, expected a multiple of them");
  CLIPKIT_CHECK(config.num_epochs >= 0 && config.num_threads >= 0 && config.prefetch >= 1, "a loader with ",
                config.num_epochs, " epochs, ", config.num_threads, " threads and ", config.prefetch, " batches ahead");
  batches_per_epoch_ = training ? size / config.batch_size : (size + config.batch_size - 1) / config.batch_size;
  CLIPKIT_CHECK(batches_per_epoch_ > 0, "an epoch has ", size, " pairs, less than one batch of ", config.batch_size,
                ": make the batch smaller or give more pairs");
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
  const int64_t num_epochs = config.num_epochs > 0 ? config.num_epochs : training ? 0 : 1;
  end_batch_ = num_epochs == 0 ? kForever : num_epochs * batches_per_epoch_;

  const int64_t rows = config.batch_size / config.num_ranks;
  const PreprocessConfig& preprocess = config.sample.preprocess;
  slots_.resize(static_cast<size_t>(config.prefetch) + 1);
  for (Slot& slot : slots_) {
    slot.pixels = Tensor::empty({rows, 3, preprocess.height, preprocess.width});
    slot.tokens = Tensor::empty({rows, config.sample.context_length}, DType::kInt32);
    slot.rows.reserve(static_cast<size_t>(rows));
  }
  const auto num_processors = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int num_threads = config.num_threads > 0 ? config.num_threads : num_processors;
  try {
    for (int i = 0; i < num_threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {  // no thread more to be had
    stop();
    throw;
  }
}

PairLoader::~PairLoader() {
  stop();
}

void PairLoader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  work_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// Lays out the next batch in its slot. Called with the lock.
void PairLoader::begin_batch() {
  Slot& slot = slot_of(next_to_begin_);
  const int64_t index = next_to_begin_ % batches_per_epoch_;
  const int64_t first = index * config_.batch_size;
  const int64_t size = std::min(config_.batch_size, samples_.epoch_size() - first);
  const int64_t begin = config_.rank * size / config_.num_ranks, end = (config_.rank + 1) * size / config_.num_ranks;
  slot.batch.epoch = next_to_begin_ / batches_per_epoch_;
  slot.batch.index = index;
  slot.first_position = first + begin;
  slot.unfinished = end - begin;
  slot.rows.resize(static_cast<size_t>(end - begin));
  next_row_ = 0;
  ++next_to_begin_;
  if (slot.unfinished == 0) batch_changed_.notify_all();
}

// Whether there is a row to load, which then is row next_row_ of batch next_to_begin_ - 1. Called with the lock.
bool PairLoader::can_work() {
  if (paused_ || error_) return false;
  const auto has_row = [this] {
    return next_to_begin_ > first_kept_ && next_row_ < static_cast<int64_t>(slot_of(next_to_begin_ - 1).rows.size());
  };
  const int64_t end = std::min(end_batch_, first_kept_ + static_cast<int64_t>(slots_.size()));
  while (!has_row() && next_to_begin_ < end) begin_batch();
  return has_row();
}

void PairLoader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_changed_.wait(lock, [this] { return stopped_ || can_work(); });
    if (stopped_) return;
    Slot& slot = slot_of(next_to_begin_ - 1);
    const int64_t row = next_row_++;
    ++num_working_;
    lock.unlock();
    std::exception_ptr error;
    try {
      slot.rows[static_cast<size_t>(row)] = samples_.load(slot.batch.epoch, slot.first_position + row,
                                                          slot.pixels.row<float>(row), slot.tokens.row<int32_t>(row));
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    --num_working_;
    if (error && !error_) error_ = error;
    if (--slot.unfinished == 0 || error || paused_) batch_changed_.notify_all();
  }
}

// Closes the gaps that samples left which could not be read, and gathers the captions.
void PairLoader::finish_batch(Slot& slot) const {
  const int64_t context = config_.sample.context_length;
  PairBatch& batch = slot.batch;
  batch.samples.clear();
  batch.caption_rows.clear();
  slot.caption_tokens.clear();
  for (size_t i = 0; i < slot.rows.size(); ++i) {
    const SampleLoader::Loaded& loaded = slot.rows[i];
    if (loaded.sample < 0) continue;
    const auto from = static_cast<int64_t>(i), to = static_cast<int64_t>(batch.samples.size());
    if (from != to) {
      std::copy_n(slot.pixels.row<float>(from).data(), slot.pixels.row<float>(from).size(),
                  slot.pixels.row<float>(to).data());
      std::copy_n(slot.tokens.row<int32_t>(from).data(), context, slot.tokens.row<int32_t>(to).data());
    }
    batch.samples.push_back(loaded.sample);
    slot.caption_tokens.insert(slot.caption_tokens.end(), loaded.caption_tokens.begin(), loaded.caption_tokens.end());
    batch.caption_rows.resize(slot.caption_tokens.size() / static_cast<size_t>(context), to);
  }
  const auto n = static_cast<int64_t>(batch.samples.size());
  batch.pixels = slot.pixels.view().slice(0, n);
  batch.tokens = slot.tokens.view().slice(0, n);
  batch.caption_tokens = TensorView(static_cast<void*>(slot.caption_tokens.data()),
                                    {static_cast<int64_t>(batch.caption_rows.size()), context}, DType::kInt32);
}

const PairBatch* PairLoader::next() {
  std::unique_lock lock(mutex_);
  if (first_kept_ < next_to_give_) {  // the batch given before
    first_kept_ = next_to_give_;
    work_changed_.notify_all();
  }
  if (next_to_give_ >= end_batch_) return nullptr;
  Slot& slot = slot_of(next_to_give_);
  const auto is_ready = [&] { return error_ || (next_to_begin_ > next_to_give_ && slot.unfinished == 0); };
  if (!is_ready()) {
    const auto begin = std::chrono::steady_clock::now();
    batch_changed_.wait(lock, is_ready);
    wait_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  if (error_) std::rethrow_exception(error_);
  ++next_to_give_;
  ++num_given_;
  lock.unlock();
  finish_batch(slot);
  return &slot.batch;
}

void PairLoader::seek(int64_t epoch, int64_t index) {
  const int64_t num_epochs = end_batch_ / batches_per_epoch_;
  CLIPKIT_CHECK(0 <= epoch && epoch <= num_epochs && epoch < std::numeric_limits<uint32_t>::max() && 0 <= index &&
                    index <= batches_per_epoch_ && (epoch < num_epochs || index == 0),
                "batch ", index, " of epoch ", epoch, ", there are ", batches_per_epoch_, " batches in an epoch");
  std::unique_lock lock(mutex_);
  paused_ = true;
  batch_changed_.wait(lock, [this] { return num_working_ == 0; });
  next_to_give_ = next_to_begin_ = first_kept_ = epoch * batches_per_epoch_ + index;
  next_row_ = 0;
  error_ = nullptr;
  paused_ = false;
  lock.unlock();
  work_changed_.notify_all();
}

LoaderReport PairLoader::report() const {
  LoaderReport report;
  {
    const std::lock_guard lock(mutex_);
    report.wait_seconds = wait_seconds_;
    report.num_batches = num_given_;
  }
  report.num_failed = samples_.num_failed();
  report.failures = samples_.failures();
  return report;
}

}  // namespace clipkit
