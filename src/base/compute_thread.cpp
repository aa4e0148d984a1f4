#include "base/compute_thread.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace clipkit {

namespace {

class ComputeThread {
 public:
  ComputeThread() : thread_([this] { loop(); }) {}
  ~ComputeThread() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void run(const std::function<void()>& work) {
    if (std::this_thread::get_id() == thread_.get_id()) return work();
    Job job{&work};
    std::unique_lock lock(mutex_);
    queue_.push_back(&job);
    wake_.notify_one();
    job.done.wait(lock, [&] { return job.finished; });
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  struct Job {
    const std::function<void()>* work;
    std::condition_variable done{};
    bool finished = false;
    std::exception_ptr error{};
  };

  void loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (queue_.empty()) return;
      Job* job = queue_.front();
      queue_.pop_front();
      lock.unlock();
      std::exception_ptr error;
      try {
        (*job->work)();
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      job->error = error;
      job->finished = true;
      job->done.notify_one();  // under the lock: the waiter owns the job and may end it as soon as it wakes
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> queue_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

void run_on_compute_thread(const std::function<void()>& work) {
  static ComputeThread instance;
  instance.run(work);
}

}  // namespace clipkit
