// Error answers: the first line is the status, the second the error code, the third the message, the rest the body. What is shown of them
// is short and harmless (T35).
#include "hub/hub_errors.hpp"

#include "fuzz/fuzz.hpp"

#include <string>

using namespace larder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view rest = fuzz::text_of(bytes, size);
  net::Response response;
  response.head.status = 300 + std::atoi(std::string(fuzz::take_line(rest)).c_str()) % 300;
  (void)response.head.headers.add("X-Error-Code", std::string(fuzz::take_line(rest)));
  (void)response.head.headers.add("X-Error-Message", std::string(fuzz::take_line(rest)));
  response.body = rest;
  hub::AnswerContext context;
  context.repo = repo::RepoId::make(repo::RepoType::Model, "org/m").value();
  context.endpoint = Url::parse("https://hub.example").value();
  context.token_source = size % 2 == 0 ? "HF_TOKEN" : "";
  const Error error = hub::classify_answer(response, context, {});
  fuzz::must(fuzz::is_harmless(error.text()) && error.text().size() < 2000);
  fuzz::must(fuzz::is_harmless(error.hint));
  fuzz::must(error.http && error.http->server_message.size() <= 600);
  return 0;
}
