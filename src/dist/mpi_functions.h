#pragma once

#include <cstddef>
#include <cstdint>

// What the module clipkit_mpi offers to the library: a table of plain functions, so that the two share no C++ type and
// the library itself links no MPI. mpi_module.cpp is the other side.
//
// Functions return 0, or -1 with the reason in last_error(). Counts are elements; MPI moves them and never computes.
extern "C" {

struct ClipkitMpiPlace {
  int rank, size, local_rank, local_size;
};

struct ClipkitMpiMessage {
  void* data;
  size_t count;
  size_t element_bytes;  // 1, 2, 4 or 8
  int rank;              // to or from
  int tag;
};

struct ClipkitMpiFunctions {
  uint32_t version;  // kClipkitMpiVersion
  int (*start)(ClipkitMpiPlace* place);
  int (*finish)();
  int (*all_gather)(const void* mine, void* all, size_t count, size_t element_bytes);  // mine null: already in all
  int (*broadcast)(void* data, size_t count, size_t element_bytes, int root);
  int (*barrier)();
  // *request names what was begun until test() says that it is done.
  int (*send)(const ClipkitMpiMessage* message, uint64_t* request);
  int (*receive)(const ClipkitMpiMessage* message, uint64_t* request);
  int (*test)(uint64_t* request, int* done);
  const char* (*last_error)();
  void (*abort)(const char* message);  // does not return
};
}

inline constexpr uint32_t kClipkitMpiVersion = 1;
inline constexpr char kClipkitMpiModule[] = "clipkit_mpi.so";
// The one symbol that the module exports: const void* clipkit_mpi_functions(), a ClipkitMpiFunctions.
inline constexpr char kClipkitMpiEntry[] = "clipkit_mpi_functions";
