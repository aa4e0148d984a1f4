// Search without an index: the pictures of a folder, those that fit the words best first. The embeddings are also
// written as a .npy file, one unit vector a row, for other programs.
//
//   search_folder MODEL FOLDER TEXT [EMBEDDINGS.npy]
#include <clipkit/clipkit.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Album {
  std::vector<std::filesystem::path> paths;
  std::vector<clipkit::Image> images;
};

// The pictures of the folder in the order of their names. A file that cannot be read is reported and left out.
Album read_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Album album;
  for (const auto& file : files) {
    try {
      album.images.push_back(clipkit::read_image(file));
      album.paths.push_back(file);
    } catch (const clipkit::Error& error) {
      std::fprintf(stderr, "left out: %s\n", error.what());
    }
  }
  return album;
}

void search(const std::string& checkpoint, const std::string& folder, const std::string& text,
            const std::string& embeddings) {
  // [search_folder]
  const clipkit::Model model = clipkit::load(checkpoint);
  const Album album = read_pictures(folder);
  const clipkit::Tensor pictures = clipkit::normalize_rows(model.encode_image(album.images));  // (N, E)
  const clipkit::Tensor words = clipkit::normalize_rows(model.encode_text({text}));            // (1, E)

  std::vector<std::pair<float, std::filesystem::path>> ranking;
  for (size_t i = 0; i < album.paths.size(); ++i) {
    const auto picture = pictures.row<float>(static_cast<int64_t>(i));
    float cosine = 0;
    for (size_t e = 0; e < picture.size(); ++e) cosine += picture[e] * words.span<float>()[e];
    ranking.emplace_back(cosine, album.paths[i]);
  }
  std::sort(ranking.rbegin(), ranking.rend());
  // [/search_folder]
  for (const auto& [cosine, path] : ranking) {
    std::printf("%.4f  %s\n", static_cast<double>(cosine), path.filename().c_str());
  }
  if (!embeddings.empty()) clipkit::write_npy(embeddings, pictures);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr, "usage: search_folder MODEL FOLDER TEXT [EMBEDDINGS.npy]\n");
    return 2;
  }
  search(argv[1], argv[2], argv[3], argc == 5 ? argv[4] : "");
} catch (const std::exception& error) {
  std::fprintf(stderr, "search_folder: %s\n", error.what());
  return 1;
}
