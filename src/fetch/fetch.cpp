#include "clipkit/fetch.h"

#include <string>
#include <system_error>

#include "base/check.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "base/sha256.h"
#include "fetch/download.h"
#include "fetch/published.h"

namespace clipkit {

std::filesystem::path fetch(std::string_view name, const FetchOptions& options) {
  const PublishedCheckpoint* checkpoint = find_published(name);
  if (checkpoint == nullptr) {
    std::string names;
    for (const PublishedCheckpoint& known : published_checkpoints()) {
      names += concat(names.empty() ? "" : ", ", known.name);
    }
    fail(ErrorCode::kNotFound, "no published checkpoint is called \"", name, "\"; there are ", names);
  }
  const std::filesystem::path folder = options.cache.empty() ? cache_folder() : options.cache;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make this folder: ", error.message());

  std::filesystem::path path = folder / checkpoint->file;
  if (std::filesystem::is_regular_file(path, error)) {
    const auto file = MappedFile::open(path);
    const std::string found = sha256_hex(file->bytes().data(), file->bytes().size());
    if (found == checkpoint->sha256) return path;
    log_warning(path.string(), ": damaged (SHA-256 ", found, ", expected ", checkpoint->sha256,
                "); downloading it again");
    std::filesystem::remove(path, error);
  }
  download(path, {.url = options.url.empty() ? checkpoint->url : options.url,
                  .sha256 = checkpoint->sha256,
                  .allow_http = !options.url.empty(),
                  .progress = options.progress});
  return path;
}

}  // namespace clipkit
