# The modules beside the library that read what some data sets are published as: HDF5, and films by FFmpeg. Each links
# its library and nothing of clipkit; the library links none of them and opens a module when a file asks for it. What is
# not installed is left out, and the reader's error says so.
function(clipkit_set_module name source)
  list(JOIN ARGN " and " packages)
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  pkg_check_modules(CLIPKIT_${name} QUIET IMPORTED_TARGET ${ARGN})
  if(NOT CLIPKIT_${name}_FOUND)
    message(STATUS "clipkit_${name}: left out, ${packages} not found")
    return()
  endif()
  add_library(clipkit_${name} MODULE ${PROJECT_SOURCE_DIR}/src/data/sets/${source})
  set_target_properties(clipkit_${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_link_libraries(clipkit_${name} PRIVATE clipkit_options PkgConfig::CLIPKIT_${name})
  target_link_options(clipkit_${name} PRIVATE -Wl,--as-needed)
  set_property(GLOBAL APPEND PROPERTY clipkit_set_modules clipkit_${name})
  if(TARGET clipkit)
    add_dependencies(clipkit clipkit_${name})  # whoever builds the library has the modules beside it
  endif()
endfunction()
clipkit_set_module(hdf5 hdf5_module.cpp hdf5)
clipkit_set_module(ffmpeg film_module.cpp libavformat libavcodec libswscale libavutil)
