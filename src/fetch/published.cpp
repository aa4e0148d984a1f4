#include <cstdlib>
#include <system_error>

#include "clipkit/fetch.h"
#include "fetch/published.h"

namespace clipkit {

namespace {

// The folder of OpenAI's files is named after their digest.
PublishedCheckpoint openai(const char* name, const char* file, const char* sha256) {
  return {name, std::string("https://openaipublic.azureedge.net/clip/models/") + sha256 + "/" + file, file, sha256};
}

// "ViT-L/14@336px", "vit-l-14-336px" and "ViT-L-14-336px.pt" all become "vit-l-14-336px".
std::string folded(std::string_view name) {
  if (name.ends_with(".pt")) name.remove_suffix(3);
  std::string out;
  for (const char c : name) {
    out += c == '/' || c == '@' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// An environment variable that names a folder, or an empty path. Relative values are ignored, as the XDG rules ask.
std::filesystem::path folder_from(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return {};
  const std::filesystem::path path(value);
  return path.is_absolute() ? path : std::filesystem::path();
}

}  // namespace

const std::vector<PublishedCheckpoint>& published_checkpoints() {
  static const std::vector<PublishedCheckpoint> table = {
      openai("RN50", "RN50.pt", "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762"),
      openai("RN101", "RN101.pt", "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599"),
      openai("RN50x4", "RN50x4.pt", "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd"),
      openai("RN50x16", "RN50x16.pt", "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa"),
      openai("RN50x64", "RN50x64.pt", "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c"),
      openai("ViT-B/32", "ViT-B-32.pt", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"),
      openai("ViT-B/16", "ViT-B-16.pt", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"),
      openai("ViT-L/14", "ViT-L-14.pt", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"),
      openai("ViT-L/14@336px", "ViT-L-14-336px.pt", "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"),
  };
  return table;
}

const PublishedCheckpoint* find_published(std::string_view name) {
  const std::string wanted = folded(name);
  for (const PublishedCheckpoint& checkpoint : published_checkpoints()) {
    if (folded(checkpoint.name) == wanted || folded(checkpoint.file) == wanted) return &checkpoint;
  }
  return nullptr;
}

std::filesystem::path cache_folder() {
  if (auto own = folder_from("CLIPKIT_CACHE"); !own.empty()) return own;
  if (const auto xdg = folder_from("XDG_CACHE_HOME"); !xdg.empty()) return xdg / "clipkit";
  if (const auto home = folder_from("HOME"); !home.empty()) return home / ".cache" / "clipkit";
  return std::filesystem::path("/var/cache/clipkit");
}

std::filesystem::path find_cached(std::string_view name) {
  const PublishedCheckpoint* checkpoint = find_published(name);
  if (checkpoint == nullptr) return {};
  const std::filesystem::path path = cache_folder() / checkpoint->file;
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) ? path : std::filesystem::path();
}

}  // namespace clipkit
