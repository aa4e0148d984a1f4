// The module clipkit_hdf5.so: HDF5's data sets. It is no part of the library, which opens it when it needs it.
#include <hdf5.h>

#include <cstdio>

#include "data/sets/set_modules.h"

namespace {

struct DataSet {
  hid_t file = -1, data = -1;
  int rank = 0;
  hsize_t shape[8] = {};
  ~DataSet() {
    if (data >= 0) H5Dclose(data);
    if (file >= 0) H5Fclose(file);
  }
};

int refuse(char* error, const char* reason) {
  std::snprintf(error, kClipkitErrorBytes, "%s", reason);
  return -1;
}

bool is_of_bytes(hid_t data) {
  const hid_t type = H5Dget_type(data);
  const bool fits = type >= 0 && H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == 1;
  if (type >= 0) H5Tclose(type);
  return fits;
}

// A file from anywhere must not make us read others: by a link to a data set in one, or to its bytes.
bool is_own(hid_t file, const char* name) {
  H5L_info_t link;
  return H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD;
}
bool has_own_bytes(hid_t data) {
  const hid_t made = H5Dget_create_plist(data);
  const bool own = made >= 0 && H5Pget_external_count(made) == 0 && H5Pget_layout(made) != H5D_VIRTUAL;
  if (made >= 0) H5Pclose(made);
  return own;
}

int open(const char* path, const char* name, void** data_set, int* rank, uint64_t* shape, char* error) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // reasons are returned, not printed
  auto set = new DataSet;
  *data_set = set;
  set->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (set->file < 0) return refuse(error, "not an HDF5 file");
  const bool is_there = H5Lexists(set->file, name, H5P_DEFAULT) > 0;
  if (is_there && !is_own(set->file, name)) return refuse(error, "a link, expected the data set itself");
  set->data = is_there ? H5Dopen2(set->file, name, H5P_DEFAULT) : -1;
  if (set->data < 0) return refuse(error, "there is no such data set in it");
  if (!has_own_bytes(set->data)) return refuse(error, "its bytes are in other files");
  if (!is_of_bytes(set->data)) return refuse(error, "not of 8-bit whole numbers");
  const hid_t space = H5Dget_space(set->data);
  set->rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
  const bool fits = set->rank >= 1 && set->rank <= 8 && H5Sget_simple_extent_dims(space, set->shape, nullptr) >= 0;
  if (space >= 0) H5Sclose(space);
  if (!fits) return refuse(error, "no array of 1 to 8 dimensions");
  *rank = set->rank;
  for (int i = 0; i < set->rank; ++i) shape[i] = set->shape[i];
  return 0;
}

int read(void* data_set, uint64_t first, uint64_t count, uint8_t* to, char* error) {
  const auto& set = *static_cast<const DataSet*>(data_set);
  hsize_t begin[8] = {first}, size[8];
  for (int i = 0; i < set.rank; ++i) size[i] = i == 0 ? count : set.shape[i];
  const hid_t from = H5Dget_space(set.data), memory = H5Screate_simple(set.rank, size, nullptr);
  const bool done = from >= 0 && memory >= 0 &&
                    H5Sselect_hyperslab(from, H5S_SELECT_SET, begin, nullptr, size, nullptr) >= 0 &&
                    H5Dread(set.data, H5T_NATIVE_UINT8, memory, from, H5P_DEFAULT, to) >= 0;
  if (memory >= 0) H5Sclose(memory);
  if (from >= 0) H5Sclose(from);
  return done ? 0 : refuse(error, "damaged, or cut short");
}

void close(void* data_set) {
  delete static_cast<DataSet*>(data_set);
}

constexpr ClipkitHdf5Functions kFunctions{kClipkitSetModuleVersion, open, read, close};

}  // namespace

extern "C" [[gnu::visibility("default")]] const void* clipkit_hdf5_functions() {
  return &kFunctions;
}
