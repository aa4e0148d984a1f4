#include "data/sets/published_reader.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/quote.h"
#include "data/folder_files.h"
#include "data/sets/cifar.h"
#include "data/sets/class_folders.h"
#include "data/sets/clevr.h"
#include "data/sets/fer2013.h"
#include "data/sets/hdf5_pictures.h"
#include "data/sets/idx.h"
#include "data/sets/kitti.h"
#include "data/sets/mat_sets.h"
#include "data/sets/named_files.h"
#include "data/sets/objectnet.h"
#include "data/sets/text_lists.h"
#include "data/sets/voc.h"

namespace clipkit {

namespace {

// How the labels of the set are matched. published: the labels that are there, for sets whose classes are those in
// order.
LabelTable table_of(const SplitSource& source, std::vector<std::string> published = {}) {
  const Json* names = source.find("names");
  const std::string& title = source.set.title;
  if (const std::string list = source.text("labels_file"); !list.empty()) {
    std::vector<std::string> labels = read_lines(source.root / list);
    for (std::string& label : labels) {
      label.erase(0, label.starts_with('/') ? 1 : 0);
      label.erase(label.find_last_not_of(" \t") + 1);
    }
    return {labels, LabelMatch::kExact, title};
  }
  const std::vector<std::vector<std::string>> classes = source.set.classes();
  if (names != nullptr && names->is_array()) return {*names, LabelMatch::kExact, title};
  if (names != nullptr && *names == "wordnet") return {imagenet_wordnet_ids(), LabelMatch::kExact, title};
  std::vector<std::string> labels;
  if (names != nullptr && *names == "sorted") {
    if (published.size() != classes.size()) {
      fail(ErrorCode::kCorrupt, source.path("folder").string(), ": ", published.size(), " folders of classes, ", title,
           " has ", classes.size());
    }
    return {published, LabelMatch::kExact, title};
  }
  const bool numbers = names != nullptr && *names == "numbers";
  for (size_t i = 0; i < classes.size(); ++i) labels.push_back(numbers ? concat(i) : classes[i][0]);
  return {labels, numbers ? LabelMatch::kNumber : LabelMatch::kLetters, title};
}

// Keeps the pictures that a list names (or those that it does not), by their paths within the folder of classes.
void filter_files(const SplitSource& source, std::vector<LabelledFile>& files) {
  for (const bool only : {true, false}) {
    const std::string list = source.text(only ? "only" : "except");
    if (list.empty()) continue;
    const std::vector<std::string> lines = read_lines(source.root / list);
    const std::set<std::string> listed(lines.begin(), lines.end());
    const auto is_left_out = [&](const LabelledFile& file) { return (listed.count(file.path) > 0) != only; };
    files.erase(std::remove_if(files.begin(), files.end(), is_left_out), files.end());
  }
}

OpenedSplit open_folders(const SplitSource& source) {
  const std::filesystem::path folder = source.path("folder");
  const std::vector<std::string> names = folders_in(folder);
  const LabelTable table = table_of(source, names);
  std::vector<LabelledFile> files = list_class_folders(folder, names);
  std::vector<int32_t> classes;  // of each folder
  for (const std::string& name : names) classes.push_back(table.find(name, folder.string()));
  OpenedSplit opened{.reader = nullptr, .classes = {}};
  if (const Json* subset = source.find("subset")) {
    // Folders are sorted as their classes are, so that the k-th folder is the k-th class of the subset.
    if (names.size() != subset->get<size_t>()) {
      fail(ErrorCode::kCorrupt, folder.string(), ": ", names.size(), " folders of classes, ", source.set.title, " has ",
           subset->get<size_t>());
    }
    const std::vector<std::vector<std::string>> all = source.set.classes();
    for (const int32_t label : classes) opened.classes.push_back(all[static_cast<size_t>(label)]);
  } else {
    for (LabelledFile& file : files) {
      int32_t& label = file.labels.present[0];
      label = classes[static_cast<size_t>(label)];
    }
  }
  filter_files(source, files);
  opened.reader = read_labelled_files(folder, std::move(files));
  return opened;
}

OpenedSplit open_objectnet(const SplitSource& source) {
  const std::vector<ObjectNetClass> classes = read_objectnet_classes(source.path("file"), source.path("list"));
  OpenedSplit opened{.reader = nullptr, .classes = {}};
  std::vector<std::string> folders;
  for (const ObjectNetClass& one : classes) {
    folders.push_back(one.folder);
    opened.classes.push_back(one.names);
  }
  const std::filesystem::path folder = source.path("folder");
  opened.reader = read_labelled_files(folder, list_class_folders(folder, folders));
  return opened;
}

OpenedSplit open_named(const SplitSource& source, std::vector<NamedFile> files, const std::filesystem::path& list) {
  return {.reader = read_labelled_files(source.root, number_labels(std::move(files), table_of(source), list.string()))};
}

OpenedSplit open_lines(const SplitSource& source) {
  const std::string where = source.text("label");
  const LineLabel label = where == "stem" ? LineLabel::kStem : where == "rest" ? LineLabel::kRest : LineLabel::kFolder;
  const std::filesystem::path list = source.path("list");
  return open_named(source, list_lines(list, source.text("picture"), label), list);
}

OpenedSplit open_csv(const SplitSource& source) {
  const std::filesystem::path csv = source.path("file");
  return open_named(source, list_csv(csv, source.text("path"), source.text("label"), source.text("picture")), csv);
}

OpenedSplit open_json_lines(const SplitSource& source) {
  const std::filesystem::path file = source.path("file");
  return open_named(source, list_json_lines(file, source.text("path"), source.text("label")), file);
}

OpenedSplit open_clevr(const SplitSource& source) {
  const std::filesystem::path file = source.path("file");
  return open_named(source, list_clevr(file, source.text("folder") + "/{}"), file);
}

OpenedSplit open_cifar(const SplitSource& source) {
  std::vector<std::filesystem::path> files;
  for (const Json& name : source.split.at("files")) files.push_back(source.root / name.get<std::string>());
  return {.reader = read_cifar(files, source.layout.at("label_bytes"))};
}

OpenedSplit open_idx(const SplitSource& source) {
  return {.reader = read_idx(plain_or_packed(source.path("pictures")), plain_or_packed(source.path("labels")))};
}

OpenedSplit open_stl10(const SplitSource& source) {
  return {.reader = read_stl10(source.path("pictures"), source.path("labels"), source.path("folds"),
                               source.split.value("fold", -1))};
}

OpenedSplit open_voc(const SplitSource& source) {
  const std::vector<std::string> labels = *source.find("names");
  return {.reader = read_labelled_files(source.root, list_voc(source.path("list"), labels, source.text("picture")))};
}

OpenedSplit open_kitti(const SplitSource& source) {
  return {.reader = read_labelled_files(source.root,
                                        list_kitti(source.root, source.text("pictures"), source.text("folder")))};
}

OpenedSplit open_fer2013(const SplitSource& source) {
  return {.reader = read_fer2013(source.path("file"), source.text("usage"))};
}

OpenedSplit open_cars(const SplitSource& source) {
  return {.reader = read_labelled_files(source.root, list_cars(source.path("annotations"), source.text("folder")))};
}

OpenedSplit open_flowers(const SplitSource& source) {
  return {.reader = read_labelled_files(source.root, list_flowers(source.path("file"), source.text("ids").c_str(),
                                                                  source.path("labels"), source.text("picture")))};
}

OpenedSplit open_svhn(const SplitSource& source) {
  return {.reader = read_svhn(source.path("file"))};
}

OpenedSplit open_hdf5(const SplitSource& source) {
  return {.reader = read_hdf5_pictures(source.path("pictures"), source.path("labels"))};
}

constexpr PublishedReader kReaders[] = {
    {"folders", open_folders}, {"lines", open_lines},
    {"csv", open_csv},         {"json_lines", open_json_lines},
    {"cifar", open_cifar},     {"stl10", open_stl10},
    {"idx", open_idx},         {"voc", open_voc},
    {"kitti", open_kitti},     {"clevr", open_clevr},
    {"fer2013", open_fer2013}, {"objectnet", open_objectnet},
    {"cars", open_cars},       {"flowers", open_flowers},
    {"svhn", open_svhn},       {"hdf5", open_hdf5, can_read_hdf5, "HDF5"},
};

}  // namespace

const PublishedReader& published_reader(const Json& layout, const Json& split) {
  const std::string name = split.contains("reader") ? split["reader"] : layout.at("reader");
  for (const PublishedReader& reader : kReaders) {
    if (name == reader.name) return reader;
  }
  fail(ErrorCode::kCorrupt, "assets/data_sets.json: no reader ", quote(name));
}

std::filesystem::path plain_or_packed(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path packed = path.string() + ".gz";
  return !std::filesystem::exists(path, ignored) && std::filesystem::exists(packed, ignored) ? packed : path;
}

}  // namespace clipkit
