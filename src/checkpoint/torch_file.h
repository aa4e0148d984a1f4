#pragma once

#include "checkpoint/stored_tensors.h"

namespace clipkit {

// PyTorch's files (docs/formats/pytorch.md): zip archives of torch.save and TorchScript, and the stream format before
// PyTorch 1.6. The result has the tensors of the state dict alone, also where a training checkpoint wraps it; the names
// are the dict's keys, or attribute names joined with "." for TorchScript. Nothing is run (pickle.h). Errors: kCorrupt,
// kUnsupported (big-endian, compressed, no state dict).
StoredTensors read_torch_zip(const ByteSource& source);
StoredTensors read_torch_stream(const ByteSource& source);

}  // namespace clipkit
