#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "clipkit/tensor.h"
#include "data/sample_loader.h"

namespace clipkit {

struct LoaderConfig {
  SampleConfig sample{};
  // Pairs of a batch, of all ranks together: rank r gets the r-th of num_ranks equal slices of each batch, so the union
  // over the ranks does not depend on their number.
  int64_t batch_size = 256;
  int rank = 0, num_ranks = 1;
  int64_t num_epochs = 0;  // 0: for ever in training, one otherwise
  int num_threads = 0;     // that read and decode; 0: as many as there are processors
  int prefetch = 2;        // batches that are made ahead of the one in use
};

// One rank's slice of a batch; n pairs. Everything belongs to the loader.
struct PairBatch {
  int64_t epoch = 0, index = 0;
  TensorView pixels{};             // (n, 3, H, W) float32
  TensorView tokens{};             // (n, context_length) int32, a caption for each picture
  std::vector<int64_t> samples{};  // (n) indices into the source
  // Not in training: all captions, and the row of `samples` that each belongs to.
  TensorView caption_tokens{};          // (m, context_length) int32
  std::vector<int64_t> caption_rows{};  // (m)
};

struct LoaderReport {
  double wait_seconds = 0;              // that next() waited for data
  int64_t num_batches = 0;              // handed out
  int64_t num_failed = 0;               // samples that could not be read, each time they were tried
  std::vector<std::string> failures{};  // the first few, with reasons
};

// Reads, decodes, augments and tokenises pairs on threads of its own, ahead of the training that uses them, and hands
// out batches in order. What a batch holds depends on source, seed, epoch and index alone: neither on ranks nor
// threads, nor on what was read before. In training the last, partial batch of an epoch is dropped; otherwise it is
// kept. Memory: prefetch + 1 batches, made once, and a decoded picture for each thread. Threads sleep when they are
// ahead. All methods but report() belong to one thread at a time.
class PairLoader {
 public:
  // Starts reading at the first batch of epoch 0. Errors: kInvalidArgument (a configuration out of range; batch_size
  // not a multiple of num_ranks; less than one batch in an epoch of training).
  PairLoader(std::shared_ptr<const PairSource> pairs, std::shared_ptr<const Tokenizer> tokenizer,
             const LoaderConfig& config);
  ~PairLoader();
  PairLoader(const PairLoader&) = delete;
  PairLoader& operator=(const PairLoader&) = delete;

  int64_t batches_per_epoch() const noexcept { return batches_per_epoch_; }
  int64_t samples_per_epoch() const noexcept { return samples_.epoch_size(); }

  // The next batch, or null behind the last. It is valid until the next call of next() or seek().
  // Errors: what stopped a thread (kCorrupt: too many samples in a row cannot be read); std::bad_alloc. Then only
  // seek() helps.
  const PairBatch* next();
  // Makes batch `index` of the epoch the next one. index may be batches_per_epoch(): the next epoch's first.
  // Errors: kInvalidArgument for a batch that there is not.
  void seek(int64_t epoch, int64_t index);

  LoaderReport report() const;

 private:
  // A batch in the making: filled row by row, by any threads.
  struct Slot {
    PairBatch batch;
    Tensor pixels, tokens;
    std::vector<SampleLoader::Loaded> rows;  // as long as the batch
    std::vector<int32_t> caption_tokens;
    int64_t first_position = 0;  // in the epoch, of row 0
    int64_t unfinished = 0;      // rows
  };
  Slot& slot_of(int64_t batch) noexcept { return slots_[static_cast<size_t>(batch) % slots_.size()]; }
  void begin_batch();
  bool can_work();
  void work();
  void stop();
  void finish_batch(Slot& slot) const;

  const SampleLoader samples_;
  const LoaderConfig config_;
  int64_t batches_per_epoch_ = 0, end_batch_ = 0;

  // Batches are counted through all epochs: batch i is batch i % batches_per_epoch_ of epoch i / batches_per_epoch_.
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable work_changed_, batch_changed_;
  std::vector<Slot> slots_;  // batch i is made in slot i modulo their number
  int64_t first_kept_ = 0;   // batches before it may be overwritten
  int64_t next_to_give_ = 0;
  int64_t next_to_begin_ = 0;  // the last batch begun is the one before
  int64_t next_row_ = 0;       // of that one
  int num_working_ = 0;        // threads at a row
  bool paused_ = false, stopped_ = false;
  std::exception_ptr error_;
  double wait_seconds_ = 0;
  int64_t num_given_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace clipkit
