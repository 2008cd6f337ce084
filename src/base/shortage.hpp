// Of what a process may have too little: which errors say nothing about the file or the host they came up at (L15).
#pragma once

#include <larder/base/error.hpp>

#include <cerrno>

namespace larder {

/// No descriptor was to be had, of this process or of the machine.
inline bool lacks_descriptors(const Error& error) { return error.os_error == EMFILE || error.os_error == ENFILE; }

}  // namespace larder
