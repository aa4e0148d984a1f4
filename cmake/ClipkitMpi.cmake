# The module clipkit_mpi.so, beside the library: what src/dist opens when an MPI launcher started the process. It links
# MPI and nothing of clipkit; the library does not link it.
set_property(CACHE CLIPKIT_MPI PROPERTY STRINGS AUTO ON OFF)
if(CLIPKIT_MPI STREQUAL "AUTO" AND CMAKE_CROSSCOMPILING)
  message(STATUS "MPI: left out (cross-compile); training runs in one process")
  return()
elseif(NOT CLIPKIT_MPI)
  return()
endif()
set(MPI_CXX_SKIP_MPICXX ON)  # the C++ interface that MPI-3 dropped
if(CLIPKIT_MPI STREQUAL "AUTO")
  find_package(MPI QUIET COMPONENTS CXX)
  if(NOT MPI_CXX_FOUND)
    message(STATUS "MPI: not found (Debian: libopenmpi-dev); training runs in one process")
    return()
  endif()
else()
  find_package(MPI REQUIRED COMPONENTS CXX)
endif()
message(STATUS "MPI: ${MPI_CXX_LIBRARIES}")

add_library(clipkit_mpi MODULE ${PROJECT_SOURCE_DIR}/src/dist/mpi_module.cpp)
set_target_properties(clipkit_mpi PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
target_link_libraries(clipkit_mpi PRIVATE clipkit_options MPI::MPI_CXX)
target_link_options(clipkit_mpi PRIVATE -Wl,--as-needed)
if(TARGET clipkit)
  add_dependencies(clipkit clipkit_mpi)  # whoever builds the library has the module beside it
endif()
