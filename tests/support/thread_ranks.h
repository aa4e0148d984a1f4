#pragma once

#include <barrier>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "dist/communicator.h"

// Ranks that are threads of the test itself, so that what they compute can be compared in one place.

namespace clipkit::testing {

class ThreadRanks {
 public:
  // Calls body on `size` threads, each with its own communicator, and waits for all. body must not throw.
  static void run(int size, const std::function<void(Communicator&)>& body) {
    ThreadRanks group(size);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        Rank communicator(group, rank);
        body(communicator);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  explicit ThreadRanks(int size) : shown_(static_cast<size_t>(size)), barrier_(size) {}

  class Rank : public Communicator {
   public:
    Rank(ThreadRanks& group, int rank)
        : Communicator({rank, static_cast<int>(group.shown_.size()), rank, static_cast<int>(group.shown_.size())}),
          group_(group) {}

    void abort(std::string_view) override { std::abort(); }

   private:
    void do_all_gather(TensorView mine, TensorView all) override {
      show(mine, [&] {
        for (size_t r = 0; r < group_.shown_.size(); ++r)
          std::memcpy(static_cast<char*>(all.raw()) + r * mine.bytes(), group_.shown_[r].raw(), mine.bytes());
      });
    }
    void do_reduce_scatter_sum(TensorView all, TensorView mine) override {
      Tensor sum;
      show(all, [&] { sum = summed(); });
      std::memcpy(mine.raw(), static_cast<char*>(sum.view().raw()) + static_cast<size_t>(rank()) * mine.bytes(),
                  mine.bytes());
    }
    PendingSum do_start_all_reduce_sum(TensorView tensor) override {
      Tensor sum;
      show(tensor, [&] { sum = summed(); });
      std::memcpy(tensor.raw(), sum.view().raw(), tensor.bytes());
      return {};
    }
    void do_wait(PendingSum) override {}
    void do_progress() override {}
    void do_broadcast(TensorView tensor, int root) override {
      Tensor copy;
      show(tensor, [&] { copy = Tensor::copy_of(group_.shown_[static_cast<size_t>(root)]); });
      std::memcpy(tensor.raw(), copy.view().raw(), tensor.bytes());
    }
    void do_barrier() override { group_.barrier_.arrive_and_wait(); }

    // Everybody's tensor stays in place until everybody has looked.
    template <class Look>
    void show(TensorView tensor, const Look& look) {
      group_.shown_[static_cast<size_t>(rank())] = tensor;
      group_.barrier_.arrive_and_wait();
      look();
      group_.barrier_.arrive_and_wait();
    }
    Tensor summed() const {
      Tensor sum = Tensor::copy_of(group_.shown_[0]);
      for (size_t r = 1; r < group_.shown_.size(); ++r) {
        const TensorView& other = group_.shown_[r];
        for (int64_t i = 0; i < sum.num_elements(); ++i) {
          if (sum.dtype() == DType::kFloat64) {
            sum.data<double>()[i] += other.data<double>()[i];
          } else {
            sum.data<float>()[i] += other.data<float>()[i];
          }
        }
      }
      return sum;
    }

    ThreadRanks& group_;
  };

  std::vector<TensorView> shown_;
  std::barrier<> barrier_;
};

}  // namespace clipkit::testing
