#include "support/reply.hpp"

#include "support/gate.hpp"
#include "support/stream.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace larder::test {
namespace {

constexpr std::size_t kPieceSize = 64 * 1024;

}  // namespace

std::string_view reason_phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr std::array<Phrase, 24> kPhrases{{{200, "OK"},
                                                    {206, "Partial Content"},
                                                    {301, "Moved Permanently"},
                                                    {302, "Found"},
                                                    {303, "See Other"},
                                                    {304, "Not Modified"},
                                                    {307, "Temporary Redirect"},
                                                    {308, "Permanent Redirect"},
                                                    {400, "Bad Request"},
                                                    {401, "Unauthorized"},
                                                    {403, "Forbidden"},
                                                    {404, "Not Found"},
                                                    {405, "Method Not Allowed"},
                                                    {408, "Request Timeout"},
                                                    {410, "Gone"},
                                                    {416, "Range Not Satisfiable"},
                                                    {429, "Too Many Requests"},
                                                    {500, "Internal Server Error"},
                                                    {501, "Not Implemented"},
                                                    {502, "Bad Gateway"},
                                                    {503, "Service Unavailable"},
                                                    {504, "Gateway Timeout"},
                                                    {505, "HTTP Version Not Supported"},
                                                    {507, "Insufficient Storage"}}};
  const auto* found = std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& phrase) { return phrase.status == status; });
  return found == kPhrases.end() ? "Answer" : found->text;
}

Reply::Reply(Stream& stream, Gate& gate, const ReceivedRequest& request) : stream_(stream), gate_(gate), request_(request) {}

void Reply::send(int status, const HeaderList& headers, std::string_view body_text) {
  HeaderList all = headers;
  const bool has_body = status != 304 && status != 204;
  if (has_body && find_header(all, "content-length") == nullptr) all.emplace_back("Content-Length", std::to_string(body_text.size()));
  if (closes_) all.emplace_back("Connection", "close");
  head(status, all);
  if (request_.method != "HEAD" && has_body) body(body_text);
}

void Reply::send_json(std::string_view json, HeaderList headers, int status) {
  headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  send(status, headers, json);
}

void Reply::send_file(const Body& file, const HeaderList& headers) {
  HeaderList all = headers;
  all.emplace_back("Accept-Ranges", "bytes");
  if (closes_) all.emplace_back("Connection", "close");
  if (request_.is_unsatisfiable(file.size())) {
    all.emplace_back("Content-Range", "bytes */" + std::to_string(file.size()));
    all.emplace_back("Content-Length", "0");
    return head(416, all);
  }
  const auto range = request_.range(file.size());
  const std::uint64_t begin = range ? range->begin : 0;
  const std::uint64_t end = range ? range->end : file.size();
  if (range) {
    all.emplace_back("Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" + std::to_string(file.size()));
  }
  all.emplace_back("Content-Length", std::to_string(end - begin));
  head(range ? 206 : 200, all);
  if (request_.method != "HEAD") body(file, begin, end);
}

void Reply::redirect(int status, const std::string& location, HeaderList headers) {
  headers.emplace_back("Location", location);
  send(status, headers);
}

void Reply::head(int status, const HeaderList& headers) {
  status_ = status;
  std::string text = version_ + " " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  raw(text + "\r\n");
}

void Reply::raw(std::string_view bytes) {
  if (is_open_ && !stream_.write_all(bytes)) is_open_ = false;
}

void Reply::body(const Body& source, std::uint64_t begin, std::uint64_t end) {
  std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPieceSize, end - begin)));
  while (begin < end && is_open_) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - begin));
    source.read(begin, std::span(piece).first(length));
    body(std::string_view(piece.data(), length));
    begin += length;
  }
}

void Reply::body(std::string_view bytes) {
  raw(bytes);
  if (is_open_) body_bytes_ += bytes.size();
}

void Reply::chunk(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = bytes.size(); rest > 0; rest /= 16) size.insert(size.begin(), kDigits[rest % 16]);
  raw(size + "\r\n");
  body(bytes);
  raw("\r\n");
}

void Reply::end_chunks() { raw("0\r\n\r\n"); }

void Reply::close() {
  if (is_open_) stream_.close_clean();
  is_open_ = false;
}

void Reply::reset() {
  if (is_open_) stream_.close_reset();
  is_open_ = false;
}

void Reply::stall() {
  if (is_open_) gate_.wait(stream_.fd(), std::chrono::milliseconds(-1));
}

void Reply::pause(std::chrono::milliseconds at_most) {
  if (is_open_) gate_.wait(stream_.fd(), at_most);
}

}  // namespace larder::test
