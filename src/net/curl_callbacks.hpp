// The C callbacks that libcurl is given. Each gets a CurlTransfer as its user pointer.
#pragma once

#include <cstddef>

namespace larder::net {

extern "C" {
std::size_t larder_curl_header(char* bytes, std::size_t size, std::size_t count, void* transfer) noexcept;
std::size_t larder_curl_body(char* bytes, std::size_t size, std::size_t count, void* transfer) noexcept;
int larder_curl_socket_made(void* transfer, int socket, int purpose) noexcept;
int larder_curl_request_sent(void* transfer, char* peer, char* own, int peer_port, int own_port) noexcept;
}

}  // namespace larder::net
