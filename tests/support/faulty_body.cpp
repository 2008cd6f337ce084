#include "support/faulty_body.hpp"

#include <zlib.h>

#include <algorithm>
#include <map>
#include <vector>

namespace larder::test {
namespace {

constexpr std::size_t kChunkSize = 10'000;
constexpr std::size_t kBombSize = 300U << 20U;  // as measured with huggingface_hub: 292 KB on the wire
constexpr std::size_t kPieceSize = 1U << 20U;

// Gzip of zeros, made piece by piece as the client takes it.
void send_gzip_of_zeros(Reply& reply, std::size_t size) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return;
  std::vector<unsigned char> zeros(kPieceSize);
  std::vector<unsigned char> out(kPieceSize);
  for (std::size_t done = 0; done < size && reply.is_open(); done += zeros.size()) {
    stream.next_in = zeros.data();
    stream.avail_in = static_cast<unsigned int>(zeros.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<unsigned int>(out.size());
    deflate(&stream, done + zeros.size() < size ? Z_NO_FLUSH : Z_FINISH);
    reply.body(std::string_view(reinterpret_cast<const char*>(out.data()), out.size() - stream.avail_out));
  }
  deflateEnd(&stream);
}

}  // namespace

Slice asked_slice(const ReceivedRequest& request, std::uint64_t size) {
  const auto range = request.range(size);
  return range ? Slice{range->begin, range->end, true} : Slice{0, size, false};
}

FaultyBody::FaultyBody(const ReceivedRequest& request, Reply& reply, Body body, HeaderList headers)
    : request_(request), reply_(reply), body_(std::move(body)), headers_(std::move(headers)), slice_(asked_slice(request, body_.size())) {}

void FaultyBody::answer(const Fault& fault, int use) {
  static const std::map<FaultKind, void (FaultyBody::*)()> kAnswers{{FaultKind::Wrong, &FaultyBody::wrong},
                                                                    {FaultKind::Extra, &FaultyBody::extra},
                                                                    {FaultKind::Short, &FaultyBody::cut_short},
                                                                    {FaultKind::Endless, &FaultyBody::endless},
                                                                    {FaultKind::GzipBomb, &FaultyBody::gzip_bomb},
                                                                    {FaultKind::Chunked, &FaultyBody::chunked},
                                                                    {FaultKind::ChunkBad, &FaultyBody::chunk_bad},
                                                                    {FaultKind::ChunkHuge, &FaultyBody::chunk_huge},
                                                                    {FaultKind::ChunkNoTerm, &FaultyBody::chunk_without_end},
                                                                    {FaultKind::Cut, &FaultyBody::cut},
                                                                    {FaultKind::CutSwap, &FaultyBody::cut_swap},
                                                                    {FaultKind::Cut200, &FaultyBody::cut_200},
                                                                    {FaultKind::Slice200, &FaultyBody::slice_200},
                                                                    {FaultKind::BadRange, &FaultyBody::bad_range},
                                                                    {FaultKind::LyingRange, &FaultyBody::lying_range},
                                                                    {FaultKind::ShortRange, &FaultyBody::short_range},
                                                                    {FaultKind::NoRange, &FaultyBody::no_range},
                                                                    {FaultKind::StarRange, &FaultyBody::star_range},
                                                                    {FaultKind::WrongTotal, &FaultyBody::wrong_total},
                                                                    {FaultKind::Multipart, &FaultyBody::multipart},
                                                                    {FaultKind::Full206, &FaultyBody::full_206},
                                                                    {FaultKind::Stall, &FaultyBody::stall},
                                                                    {FaultKind::StallAt, &FaultyBody::stall_at},
                                                                    {FaultKind::Trickle, &FaultyBody::trickle},
                                                                    {FaultKind::Body503, &FaultyBody::body_503},
                                                                    {FaultKind::Range416, &FaultyBody::range_416}};
  fault_ = fault;
  use_ = use;
  const auto found = kAnswers.find(fault.kind);
  if (found == kAnswers.end() || request_.method == "HEAD") return good();
  (this->*found->second)();
}

std::string FaultyBody::content_range(std::uint64_t begin, std::uint64_t end) const {
  return "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" + std::to_string(body_.size());
}

void FaultyBody::start(int status, std::uint64_t length, const std::string& content_range) {
  HeaderList all = headers_;
  all.emplace_back("Accept-Ranges", "bytes");
  all.emplace_back("Content-Length", std::to_string(length));
  if (!content_range.empty()) all.emplace_back("Content-Range", content_range);
  reply_.head(status, all);
}

void FaultyBody::start_right(std::uint64_t length_change) {
  const std::uint64_t length = slice_.end - slice_.begin + length_change;
  start(slice_.is_range ? 206 : 200, length, slice_.is_range ? content_range(slice_.begin, slice_.end) : std::string());
}

std::uint64_t FaultyBody::point() const {
  const std::uint64_t length = slice_.end - slice_.begin;
  return std::min(length, fault_.n == kMiddle ? length / 2 : fault_.n);
}

void FaultyBody::good() { reply_.send_file(body_, headers_); }

void FaultyBody::wrong() {
  if (body_.size() == 0) return good();
  reply_.send_file(body_.flipped(fault_.n == kMiddle ? body_.size() / 2 : fault_.n), headers_);
}

void FaultyBody::extra() {
  start_right(fault_.n);
  reply_.body(body_, slice_.begin, slice_.end);
  reply_.body(std::string(static_cast<std::size_t>(fault_.n), '!'));
}

void FaultyBody::cut_short() {
  start_right();
  reply_.body(body_, slice_.begin, slice_.end - std::min(fault_.n, slice_.end - slice_.begin));
  reply_.close();
}

void FaultyBody::endless() {
  HeaderList all = headers_;
  if (slice_.is_range) all.emplace_back("Content-Range", content_range(slice_.begin, slice_.end));
  reply_.head(slice_.is_range ? 206 : 200, all);
  reply_.body(body_, slice_.begin, slice_.end);
  const std::string more(kPieceSize, '!');
  while (reply_.is_open()) reply_.body(more);
  reply_.close();
}

void FaultyBody::gzip_bomb() {
  headers_.emplace_back("Content-Encoding", "gzip");
  reply_.head(200, headers_);
  send_gzip_of_zeros(reply_, kBombSize);
  reply_.close();
}

void FaultyBody::chunked() {
  headers_.emplace_back("Transfer-Encoding", "chunked");
  if (slice_.is_range) headers_.emplace_back("Content-Range", content_range(slice_.begin, slice_.end));
  reply_.head(slice_.is_range ? 206 : 200, headers_);
  for (std::uint64_t at = slice_.begin; at < slice_.end && reply_.is_open(); at += kChunkSize) {
    reply_.chunk(body_.slice(at, std::min<std::uint64_t>(slice_.end, at + kChunkSize)));
  }
  if (fault_.kind == FaultKind::Chunked) reply_.end_chunks();
}

void FaultyBody::chunk_bad() {
  chunked();
  reply_.raw("not a number\r\n");
  reply_.close();
}

void FaultyBody::chunk_huge() {
  chunked();
  reply_.raw("fffffffffffffffff\r\n");
  reply_.close();
}

void FaultyBody::chunk_without_end() {
  chunked();
  reply_.close();
}

void FaultyBody::cut() {
  start_right();
  reply_.body(body_, slice_.begin, slice_.begin + point());
  reply_.reset();
}

void FaultyBody::cut_swap() {
  if (use_ == 0) {
    fault_.n = kMiddle;
    return cut();
  }
  for (auto& [name, value] : headers_) {
    if (name == "ETag") value = "\"swapped\"";
  }
  reply_.send_file(body_.spliced(0, Body::pattern(body_.size(), 99)), headers_);
}

void FaultyBody::cut_200() {
  if (use_ == 0) {
    fault_.n = kMiddle;
    return cut();
  }
  start(200, body_.size(), {});
  reply_.body(body_, 0, body_.size());
}

void FaultyBody::slice_200() {
  start(200, slice_.end - slice_.begin, slice_.is_range ? content_range(slice_.begin, slice_.end) : std::string());
  reply_.body(body_, slice_.begin, slice_.end);
}

void FaultyBody::bad_range() {
  if (!slice_.is_range || slice_.begin + 1 >= body_.size()) return good();
  const std::uint64_t end = std::min(slice_.end + 1, body_.size());
  start(206, end - slice_.begin - 1, content_range(slice_.begin + 1, end));
  reply_.body(body_, slice_.begin + 1, end);
}

void FaultyBody::lying_range() {
  if (!slice_.is_range || slice_.end - slice_.begin == body_.size()) return good();
  start_right();
  if (slice_.end < body_.size()) return reply_.body(body_, slice_.begin + 1, slice_.end + 1);
  reply_.body(body_, slice_.begin - 1, slice_.end - 1);
}

void FaultyBody::short_range() {
  if (!slice_.is_range || slice_.end - slice_.begin < 2) return good();
  const std::uint64_t end = slice_.begin + (slice_.end - slice_.begin) / 2;
  start(206, end - slice_.begin, content_range(slice_.begin, end));
  reply_.body(body_, slice_.begin, end);
}

void FaultyBody::no_range() {
  if (!slice_.is_range) return good();
  start(206, slice_.end - slice_.begin, {});
  reply_.body(body_, slice_.begin, slice_.end);
}

void FaultyBody::star_range() {
  if (!slice_.is_range) return good();
  start(206, slice_.end - slice_.begin, "bytes " + std::to_string(slice_.begin) + "-" + std::to_string(slice_.end - 1) + "/*");
  reply_.body(body_, slice_.begin, slice_.end);
}

void FaultyBody::wrong_total() {
  if (!slice_.is_range) return good();
  start(206, slice_.end - slice_.begin,
        "bytes " + std::to_string(slice_.begin) + "-" + std::to_string(slice_.end - 1) + "/" + std::to_string(body_.size() + 1));
  reply_.body(body_, slice_.begin, slice_.end);
}

void FaultyBody::multipart() {
  if (!slice_.is_range) return good();
  const std::string part = "--part\r\nContent-Type: application/octet-stream\r\nContent-Range: " + content_range(slice_.begin, slice_.end) +
                           "\r\n\r\n" + body_.slice(slice_.begin, slice_.end) + "\r\n--part--\r\n";
  headers_.emplace_back("Content-Type", "multipart/byteranges; boundary=part");
  start(206, part.size(), {});
  reply_.body(part);
}

void FaultyBody::full_206() {
  if (slice_.is_range || body_.size() == 0) return good();
  start(206, body_.size(), content_range(0, body_.size()));
  reply_.body(body_, 0, body_.size());
}

void FaultyBody::stall() { stall_before(slice_.begin + point()); }

void FaultyBody::stall_at() {
  if (slice_.end <= fault_.n) return good();
  stall_before(std::max(slice_.begin, fault_.n));
}

void FaultyBody::stall_before(std::uint64_t position) {
  start_right();
  reply_.body(body_, slice_.begin, position);
  reply_.stall();
  reply_.body(body_, position, slice_.end);
}

void FaultyBody::trickle() {
  start_right();
  for (std::uint64_t at = slice_.begin; at < slice_.end && reply_.is_open(); ++at) {
    reply_.body(body_, at, at + 1);
    reply_.pause(std::chrono::milliseconds(fault_.n));
  }
}

void FaultyBody::body_503() {
  start(503, slice_.end - slice_.begin, {});
  reply_.body(body_.spliced(0, Body::pattern(body_.size(), 503)), slice_.begin, slice_.end);
}

void FaultyBody::range_416() {
  if (!slice_.is_range) return good();
  reply_.send(416, {{"Content-Range", "bytes */" + std::to_string(body_.size())}});
}

}  // namespace larder::test
