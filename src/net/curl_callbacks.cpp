#include "net/curl_callbacks.hpp"

#include "net/curl_transfer.hpp"

#include <curl/curl.h>

#include <exception>

// Nothing may be thrown through libcurl's C frames: what is thrown here is parked in the transfer and ends it.
namespace larder::net {

extern "C" {

std::size_t larder_curl_header(char* bytes, std::size_t size, std::size_t count, void* transfer) noexcept {
  auto* self = static_cast<CurlTransfer*>(transfer);
  try {
    return self->on_header({bytes, size * count}) ? size * count : 0;
  } catch (const std::exception& exception) {
    self->on_exception(exception);
    return 0;
  }
}

std::size_t larder_curl_body(char* bytes, std::size_t size, std::size_t count, void* transfer) noexcept {
  auto* self = static_cast<CurlTransfer*>(transfer);
  try {
    return self->on_body({bytes, size * count});
  } catch (const std::exception& exception) {
    self->on_exception(exception);
    return 0;
  }
}

int larder_curl_socket_made(void* transfer, int socket, int) noexcept {
  static_cast<const CurlTransfer*>(transfer)->on_socket(socket);
  return CURL_SOCKOPT_OK;
}

int larder_curl_request_sent(void* transfer, char*, char*, int, int) noexcept {
  static_cast<CurlTransfer*>(transfer)->on_request_sent();
  return CURL_PREREQFUNC_OK;
}
}

}  // namespace larder::net
