#include "checkpoint/pickle_machine.h"

#include "base/check.h"

namespace clipkit {

PickleMachine::Ref PickleMachine::add(PickleValue value) {
  if (pickle.values.size() >= kMaxValues) {
    fail(ErrorCode::kUnsupported, place_, ": pickle: more than ", kMaxValues, " values");
  }
  pickle.values.push_back(std::move(value));
  return static_cast<Ref>(pickle.values.size() - 1);
}

void PickleMachine::push(Ref ref) {
  if (stack_.size() >= kMaxValues)
    fail(ErrorCode::kUnsupported, place_, ": pickle: more than ", kMaxValues, " values on the stack");
  stack_.push_back(ref);
}

PickleMachine::Ref PickleMachine::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) corrupt("an opcode takes a value from an empty stack");
  return stack_.back();
}

PickleMachine::Ref PickleMachine::pop() {
  const Ref ref = top();
  stack_.pop_back();
  return ref;
}

std::vector<PickleMachine::Ref> PickleMachine::pop_to_mark() {
  if (marks_.empty()) corrupt("an opcode looks for a mark that is not there");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Ref> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::discard() {
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.pop_back();
  } else {
    pop();
  }
}

void PickleMachine::memoize(uint64_t index) {
  if (index >= kMaxValues)
    fail(ErrorCode::kUnsupported, place_, ": pickle: memo entry ", index, ", the limit is ", kMaxValues);
  if (index >= memo_.size()) memo_.resize(index + 1, kNoMemo);
  memo_[index] = top();
}

void PickleMachine::push_memo(uint64_t index) {
  if (index >= memo_.size() || memo_[index] == kNoMemo) corrupt("memo entry ", index, " is read before it is written");
  push(memo_[index]);
}

}  // namespace clipkit
