#pragma once

#include "base/check.h"
#include "checkpoint/pickle.h"

namespace clipkit {

// The state of the pickle machine: values, the stack with its marks, and the memo. Opcodes live in pickle.cpp, the
// meaning of the known names in pickle_calls.cpp.
class PickleMachine {
 public:
  using Ref = PickleValue::Ref;
  using Kind = PickleValue::Kind;

  explicit PickleMachine(std::string_view place) : place_(place) {}

  // Values of a training checkpoint of the largest published model: about 100,000.
  static constexpr size_t kMaxValues = 2'000'000;

  Pickle pickle;  // what is being built

  const PickleValue& at(Ref ref) const { return pickle.values[ref]; }
  Ref add(PickleValue value);
  void push(Ref ref);
  void push(PickleValue value) { push(add(std::move(value))); }
  Ref pop();
  Ref top() const;
  void mark() { marks_.push_back(stack_.size()); }
  std::vector<Ref> pop_to_mark();
  void discard();  // POP: a mark goes like a value
  void memoize(uint64_t index);
  void memoize() { memoize(memo_.size()); }
  void push_memo(uint64_t index);

  // Opcodes that need to know what they are given.
  void append(std::vector<Ref> items);                      // to the list on top
  void set_items(const std::vector<Ref>& keys_and_values);  // of the dict on top
  void call();         // REDUCE: pops the arguments and what is called, pushes the result
  void make_object();  // NEWOBJ: pops the arguments and the class
  void build();        // BUILD: pops the state of the object on top
  void persistent();   // BINPERSID: pops the tuple that names a storage

  template <class... Args>
  [[noreturn]] void corrupt(const Args&... args) const {
    fail(ErrorCode::kCorrupt, place_, ": pickle: ", args...);
  }

 private:
  static constexpr Ref kNoMemo = 0xFFFFFFFF;

  PickleValue opaque(Ref about) const;
  PickleValue rebuilt_tensor(const PickleValue& arguments, size_t least_arguments);
  int64_t size_at(Ref ref, std::string_view what) const;

  std::string_view place_;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<Ref> memo_;
};

}  // namespace clipkit
