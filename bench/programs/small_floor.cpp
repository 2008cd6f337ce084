// small_floor: the least a downloader of many small files must do: 16 GETs in flight, git SHA-1, temp name, rename, symlink. No fsync.
// usage: small_floor BASE_URL LIST OUT [CA_FILE]      LIST: one "oid path" a line; GET BASE_URL/path
#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr int kInFlight = 16;

struct Job {
  std::string oid;
  std::string path;
};
struct Slot {
  CURL* easy = nullptr;
  std::string body;
  const Job* job = nullptr;
};

std::size_t on_bytes(char* data, std::size_t one, std::size_t count, void* user) {
  static_cast<Slot*>(user)->body.append(data, one * count);
  return one * count;
}

std::string git_sha1(const std::string& body) {
  const std::string head = "blob " + std::to_string(body.size()) + std::string(1, '\0');
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestInit_ex(context, EVP_sha1(), nullptr);
  EVP_DigestUpdate(context, head.data(), head.size());
  EVP_DigestUpdate(context, body.data(), body.size());
  EVP_DigestFinal_ex(context, digest, &length);
  EVP_MD_CTX_free(context);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", digest[i]);
    hex += two;
  }
  return hex;
}

bool store(const std::string& out, const Slot& slot) {
  if (git_sha1(slot.body) != slot.job->oid) return false;
  const std::string temp = out + "/tmp/" + slot.job->oid;
  const std::string blob = out + "/blobs/" + slot.job->oid;
  const int file = open(temp.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) return false;
  const bool written = write(file, slot.body.data(), slot.body.size()) == static_cast<ssize_t>(slot.body.size());
  close(file);
  const std::string link = out + "/snapshot/" + slot.job->path;
  return written && rename(temp.c_str(), blob.c_str()) == 0 && symlink(blob.c_str(), link.c_str()) == 0;
}

bool begin(CURLM* multi, Slot& slot, const std::vector<Job>& jobs, std::size_t& next, const std::string& base) {
  if (next >= jobs.size()) return false;
  slot.job = &jobs[next++];
  slot.body.clear();
  curl_easy_setopt(slot.easy, CURLOPT_URL, (base + "/" + slot.job->path).c_str());
  curl_multi_add_handle(multi, slot.easy);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: small_floor BASE_URL LIST OUT [CA_FILE]\n");
    return 2;
  }
  const std::string base = argv[1];
  const std::string out = argv[3];
  std::vector<Job> jobs;
  std::ifstream list(argv[2]);
  for (Job job; list >> job.oid >> job.path;) jobs.push_back(job);
  for (const auto* folder : {"/tmp", "/blobs", "/snapshot"}) std::filesystem::create_directories(out + folder);
  for (const auto& job : jobs)
    std::filesystem::create_directories((out + "/snapshot/" + job.path).substr(0, (out + "/snapshot/" + job.path).rfind('/')));
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  std::vector<Slot> slots(kInFlight);
  std::size_t next = 0;
  int open_slots = 0;
  for (auto& slot : slots) {
    slot.easy = curl_easy_init();
    curl_easy_setopt(slot.easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(slot.easy, CURLOPT_BUFFERSIZE, 16L * 1024);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(slot.easy, CURLOPT_PRIVATE, &slot);
    curl_easy_setopt(slot.easy, CURLOPT_FAILONERROR, 1L);
    if (argc > 4) curl_easy_setopt(slot.easy, CURLOPT_CAINFO, argv[4]);
    if (begin(multi, slot, jobs, next, base)) ++open_slots;
  }
  while (open_slots > 0) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      char* user = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
      auto* slot = reinterpret_cast<Slot*>(user);
      if (message->data.result != CURLE_OK || !store(out, *slot)) {
        std::fprintf(stderr, "small_floor: %s failed\n", slot->job->path.c_str());
        return 5;
      }
      curl_multi_remove_handle(multi, slot->easy);
      if (!begin(multi, *slot, jobs, next, base)) --open_slots;
    }
    if (open_slots > 0) curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  for (auto& slot : slots) curl_easy_cleanup(slot.easy);
  curl_multi_cleanup(multi);
  return 0;
}
