#include "support/body.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace larder::test {
namespace {

constexpr std::size_t kPieceSize = 64 * 1024;

// splitmix64: one multiplication chain a word, so that a test server is faster than the client it feeds.
std::uint64_t mix(std::uint64_t word) {
  word += 0x9e3779b97f4a7c15U;
  word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31U);
}

void fill_pattern(std::uint64_t seed, std::uint64_t offset, std::span<char> into) {
  const std::uint64_t base = mix(seed);
  std::size_t done = 0;
  while (done < into.size()) {
    const std::uint64_t at = offset + done;
    const std::uint64_t word = mix(base + at / 8);
    const auto skip = static_cast<std::size_t>(at % 8);
    const std::size_t take = std::min<std::size_t>(8 - skip, into.size() - done);
    for (std::size_t i = 0; i < take; ++i) into[done + i] = static_cast<char>(word >> (8 * (skip + i)));
    done += take;
  }
}

std::string digest_hex(const Body& body, const EVP_MD* algorithm, const std::string& prefix) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), algorithm, nullptr);
  EVP_DigestUpdate(context.get(), prefix.data(), prefix.size());
  std::vector<char> piece(kPieceSize);
  for (std::uint64_t at = 0; at < body.size();) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), body.size() - at));
    body.read(at, std::span(piece).first(length));
    EVP_DigestUpdate(context.get(), piece.data(), length);
    at += length;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &length);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[digest.at(i) >> 4U];
    hex += "0123456789abcdef"[digest.at(i) & 15U];
  }
  return hex;
}

struct OpenFile {
  std::mutex lock;
  std::ifstream stream;
};

}  // namespace

Body::Body(std::uint64_t size, Fill fill) : size_(size), fill_(std::move(fill)) {}

Body Body::text(std::string bytes) {
  const auto shared = std::make_shared<const std::string>(std::move(bytes));  // copies of a Body share the bytes
  return {shared->size(), [shared](std::uint64_t offset, std::span<char> into) {
            std::copy_n(shared->begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
          }};
}

Body Body::pattern(std::uint64_t size, std::uint64_t seed) {
  return {size, [seed](std::uint64_t offset, std::span<char> into) { fill_pattern(seed, offset, into); }};
}

Body Body::file(const std::string& path) {
  const auto open = std::make_shared<OpenFile>();  // copies of a Body share the descriptor
  open->stream.open(path, std::ios::binary | std::ios::ate);
  if (!open->stream) throw std::runtime_error("can't open " + path);
  const auto size = static_cast<std::uint64_t>(open->stream.tellg());
  return {size, [open](std::uint64_t offset, std::span<char> into) {
            const std::lock_guard guard(open->lock);
            open->stream.clear();
            open->stream.seekg(static_cast<std::streamoff>(offset));
            open->stream.read(into.data(), static_cast<std::streamsize>(into.size()));
          }};
}

void Body::read(std::uint64_t offset, std::span<char> into) const {
  if (into.empty()) return;
  if (offset + into.size() > size_) throw std::out_of_range("Body::read beyond the end");
  fill_(offset, into);
}

std::string Body::slice(std::uint64_t begin, std::uint64_t end) const {
  std::string bytes(static_cast<std::size_t>(end - begin), '\0');
  read(begin, bytes);
  return bytes;
}

Body Body::flipped(std::uint64_t offset) const {
  return {size_, [inner = *this, offset](std::uint64_t at, std::span<char> into) {
            inner.read(at, into);
            if (offset < at || offset >= at + into.size()) return;
            char& byte = into[static_cast<std::size_t>(offset - at)];
            byte = static_cast<char>(~byte);
          }};
}

Body Body::spliced(std::uint64_t at, const Body& other) const {
  return {size_, [inner = *this, other, at](std::uint64_t offset, std::span<char> into) {
            const std::uint64_t left = offset >= at ? 0 : std::min<std::uint64_t>(at - offset, into.size());
            inner.read(offset, into.first(static_cast<std::size_t>(left)));
            other.read(offset + left, into.subspan(static_cast<std::size_t>(left)));
          }};
}

Body Body::resized(std::uint64_t size) const {
  return {size, [inner = *this](std::uint64_t offset, std::span<char> into) {
            const std::uint64_t have = offset >= inner.size() ? 0 : std::min<std::uint64_t>(inner.size() - offset, into.size());
            inner.read(offset, into.first(static_cast<std::size_t>(have)));
            std::fill(into.begin() + static_cast<std::ptrdiff_t>(have), into.end(), '!');
          }};
}

std::string Body::sha256() const { return digest_hex(*this, EVP_sha256(), {}); }

std::string Body::git_sha1() const {
  using namespace std::string_literals;
  return digest_hex(*this, EVP_sha1(), "blob "s + std::to_string(size_) + "\0"s);
}

}  // namespace larder::test
