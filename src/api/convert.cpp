#include "api/write_checkpoint.h"

namespace clipkit {

void convert_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to,
                        const ConvertOptions& options, const LoadOptions& load_options) {
  const ModelSource source = open_model_source(from, load_options);
  write_checkpoint(to, source, tensors_to_write(source, load_options, options.dtype), options.layout);
}

}  // namespace clipkit
