// The module clipkit_mpi.so: the functions of mpi_functions.h over whatever MPI it was compiled for. It is no part of
// the library, which opens it under an MPI launcher only.
#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dist/mpi_functions.h"

namespace {

// A copy of the world, so that a user's own messages cannot be taken for ours.
MPI_Comm world = MPI_COMM_NULL;
bool ends_mpi = false;  // MPI was started here and not by the user's program
char error_text[MPI_MAX_ERROR_STRING + 64];

int refuse(const char* reason) {
  std::snprintf(error_text, sizeof error_text, "%s", reason);
  return -1;
}

int result_of(int code) {
  if (code == MPI_SUCCESS) return 0;
  char reason[MPI_MAX_ERROR_STRING];
  int length = 0;
  if (MPI_Error_string(code, reason, &length) != MPI_SUCCESS) return refuse("unknown MPI error");
  return refuse(reason);
}

MPI_Datatype type_of(size_t element_bytes) {
  switch (element_bytes) {
    case 2:
      return MPI_UINT16_T;
    case 4:
      return MPI_UINT32_T;
    case 8:
      return MPI_UINT64_T;
    default:
      return MPI_UINT8_T;
  }
}

int start(ClipkitMpiPlace* place) {
  int started = 0, finished = 0;
  MPI_Initialized(&started);
  MPI_Finalized(&finished);
  if (finished) return refuse("MPI has ended in this process and cannot be started again");
  if (!started) {
    // Open MPI: a rank that waits lets others have the processor, ranks or the threads that load pictures. Where there
    // are more of them than processors each exchange would else take the scheduler's time slices.
    ::setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    int provided = 0;
    if (const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided)) return result_of(code);
    if (provided < MPI_THREAD_FUNNELED) return refuse("this MPI does not work in programs that have threads");
    ends_mpi = true;
  }
  if (const int code = MPI_Comm_dup(MPI_COMM_WORLD, &world)) return result_of(code);
  MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
  MPI_Comm_rank(world, &place->rank);
  MPI_Comm_size(world, &place->size);
  MPI_Comm machine = MPI_COMM_NULL;
  if (const int code = MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine)) {
    return result_of(code);
  }
  MPI_Comm_rank(machine, &place->local_rank);
  MPI_Comm_size(machine, &place->local_size);
  return result_of(MPI_Comm_free(&machine));
}

int finish() {
  if (const int code = MPI_Comm_free(&world)) return result_of(code);
  return ends_mpi ? result_of(MPI_Finalize()) : 0;
}

int all_gather(const void* mine, void* all, size_t count, size_t element_bytes) {
  MPI_Datatype type = type_of(element_bytes);
  const int n = static_cast<int>(count);
  return result_of(MPI_Allgather(mine != nullptr ? mine : MPI_IN_PLACE, n, type, all, n, type, world));
}

int broadcast(void* data, size_t count, size_t element_bytes, int root) {
  return result_of(MPI_Bcast(data, static_cast<int>(count), type_of(element_bytes), root, world));
}

int barrier() {
  return result_of(MPI_Barrier(world));
}

// A request of any MPI (a pointer in Open MPI, an int in MPICH) travels in the first bytes of 64 bits.
struct Request {
  MPI_Request value;
};
static_assert(sizeof(Request) <= sizeof(uint64_t));

int send(const ClipkitMpiMessage* m, uint64_t* handle) {
  Request request{MPI_REQUEST_NULL};
  const int code =
      MPI_Isend(m->data, static_cast<int>(m->count), type_of(m->element_bytes), m->rank, m->tag, world, &request.value);
  std::memcpy(handle, &request, sizeof request);
  return result_of(code);
}

int receive(const ClipkitMpiMessage* m, uint64_t* handle) {
  Request request{MPI_REQUEST_NULL};
  const int code =
      MPI_Irecv(m->data, static_cast<int>(m->count), type_of(m->element_bytes), m->rank, m->tag, world, &request.value);
  std::memcpy(handle, &request, sizeof request);
  return result_of(code);
}

int test(uint64_t* handle, int* done) {
  Request request{MPI_REQUEST_NULL};
  std::memcpy(&request, handle, sizeof request);
  const int code = MPI_Test(&request.value, done, MPI_STATUS_IGNORE);
  std::memcpy(handle, &request, sizeof request);
  return result_of(code);
}

const char* last_error() {
  return error_text;
}

// MPI_Abort ends this process too, so that nobody is left to print the message.
void abort(const char* message) {
  int rank = 0, size = 0;
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  std::fprintf(stderr, "clipkit: rank %d of %d ends the run: %s\n", rank, size, message);
  std::fflush(stderr);
  MPI_Abort(world, 1);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const void* clipkit_mpi_functions() {
  static const ClipkitMpiFunctions functions = {
      kClipkitMpiVersion, start, finish, all_gather, broadcast, barrier, send, receive, test, last_error, abort};
  return &functions;
}
