// floor_write: the least a downloader must do: receive with libcurl and pwrite. No resolver, cache, digest or fsync.
// usage: floor_write URL SIZE OUT [CA_FILE]      4 connections, 64 MiB segments, 512 KiB buffers (docs/performance.md)
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t kSegment = 64ULL << 20;
constexpr int kConnections = 4;

struct Slot {
  CURL* easy = nullptr;
  int file = -1;
  std::uint64_t at = 0;
};

std::size_t on_bytes(char* data, std::size_t one, std::size_t count, void* user) {
  auto* slot = static_cast<Slot*>(user);
  const std::size_t size = one * count;
  if (pwrite(slot->file, data, size, static_cast<off_t>(slot->at)) != static_cast<ssize_t>(size)) return 0;
  slot->at += size;
  return size;
}

bool begin_segment(CURLM* multi, Slot& slot, std::uint64_t& next, std::uint64_t size) {
  if (next >= size) return false;
  const std::uint64_t end = next + kSegment < size ? next + kSegment : size;
  slot.at = next;
  const std::string range = std::to_string(next) + "-" + std::to_string(end - 1);
  curl_easy_setopt(slot.easy, CURLOPT_RANGE, range.c_str());
  curl_multi_add_handle(multi, slot.easy);
  next = end;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: floor_write URL SIZE OUT [CA_FILE]\n");
    return 2;
  }
  const std::uint64_t size = std::strtoull(argv[2], nullptr, 10);
  const int file = open(argv[3], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) return 8;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  std::vector<Slot> slots(kConnections);
  std::uint64_t next = 0;
  int open_slots = 0;
  for (auto& slot : slots) {
    slot.file = file;
    slot.easy = curl_easy_init();
    curl_easy_setopt(slot.easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(slot.easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(slot.easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(slot.easy, CURLOPT_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(slot.easy, CURLOPT_PRIVATE, &slot);
    if (argc > 4) curl_easy_setopt(slot.easy, CURLOPT_CAINFO, argv[4]);
    if (begin_segment(multi, slot, next, size)) ++open_slots;
  }
  while (open_slots > 0) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->data.result != CURLE_OK) {
        std::fprintf(stderr, "floor_write: %s\n", curl_easy_strerror(message->data.result));
        return 5;
      }
      char* user = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
      auto* slot = reinterpret_cast<Slot*>(user);
      curl_multi_remove_handle(multi, slot->easy);
      if (!begin_segment(multi, *slot, next, size)) --open_slots;
    }
    if (open_slots > 0) curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  for (auto& slot : slots) curl_easy_cleanup(slot.easy);
  curl_multi_cleanup(multi);
  return close(file) == 0 ? 0 : 8;
}
