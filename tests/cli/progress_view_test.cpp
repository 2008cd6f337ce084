#include "cli/progress_view.hpp"

#include "cli/captured.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace larder;
using namespace larder::cli;
using namespace std::chrono_literals;

namespace {

/// Stands still until it is told.
class HandClock final : public Clock {
 public:
  SteadyTime now() override { return now_; }
  WallTime wall_now() override { return {}; }
  bool wait_until(SteadyTime when, const CancelToken&) override {
    now_ = when;
    return true;
  }
  bool await(Bell& bell, SteadyTime when) override {
    now_ = when;
    return bell.take();
  }
  void pass(std::chrono::milliseconds span) { now_ += span; }

 private:
  SteadyTime now_{1h};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace

TEST_CASE("progress: which view auto chooses", "[cli][progress]") {
  struct Case {
    ProgressSituation situation;
    ProgressMode mode;
  };
  const std::vector<Case> cases{
      {{"auto", true, false, false, false, false, false}, ProgressMode::Bar},
      {{"auto", false, false, false, false, false, false}, ProgressMode::Plain},
      {{"auto", true, true, false, false, false, false}, ProgressMode::Plain},
      {{"auto", true, false, true, false, false, false}, ProgressMode::Plain},  // CI
      {{"auto", true, false, false, true, false, false}, ProgressMode::None},   // --quiet
      {{"auto", true, false, false, false, true, false}, ProgressMode::Plain},  // -v
      {{"auto", true, false, false, false, false, true}, ProgressMode::None},   // HF_HUB_DISABLE_PROGRESS_BARS
      {{"bar", false, true, true, true, true, true}, ProgressMode::Bar},
      {{"json", true, false, false, true, false, true}, ProgressMode::Json},
      {{"plain", true, false, false, true, false, true}, ProgressMode::Plain},
      {{"none", true, false, false, false, false, false}, ProgressMode::None},
  };
  for (const auto& each : cases) CHECK(choose_progress_mode(each.situation) == each.mode);
}

TEST_CASE("progress: plain says one line in ten seconds at most", "[cli][progress]") {
  Captured file;
  StatusLine line(file.fd(), {});
  HandClock clock;
  const auto view = make_progress_view(ProgressMode::Plain, line, clock);
  const auto total = view->begin(TaskKind::Total, "pull", 1'000'000'000);
  for (std::uint64_t second = 1; second <= 35; ++second) {
    clock.pass(1s);
    for (int at = 0; at < 20; ++at) view->advance(total, second * 10'000'000);
    if (second > 10) view->wait("rate limit", 5s);
    view->note("listing");
  }
  const auto lines = lines_of(file.text());
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].find("(10%)") != std::string::npos);
  CHECK(lines[0].find("1:30 left") != std::string::npos);
  CHECK(file.text().find('\x1b') == std::string::npos);
}

TEST_CASE("progress: plain says a wait at once, then keeps to ten seconds", "[cli][progress]") {  // N15
  Captured file;
  StatusLine line(file.fd(), {});
  HandClock clock;
  const auto view = make_progress_view(ProgressMode::Plain, line, clock);
  clock.pass(1s);
  view->wait("rate limit", 5s);
  CHECK(file.text() == "larder: waiting 0:05: rate limit\n");
  for (int second = 1; second <= 10; ++second) {
    clock.pass(1s);
    view->wait("rate limit", 5s);
  }
  CHECK(lines_of(file.text()).size() == 2);
}

TEST_CASE("progress: a short run says nothing on plain", "[cli][progress]") {
  Captured file;
  StatusLine line(file.fd(), {});
  HandClock clock;
  const auto view = make_progress_view(ProgressMode::Plain, line, clock);
  const auto total = view->begin(TaskKind::Total, "pull", 10);
  clock.pass(5s);
  view->advance(total, 10);
  view->end(total, TaskEnd::Done);
  CHECK(file.text().empty());
}

TEST_CASE("progress: json is one object a line", "[cli][progress]") {
  Captured file;
  StatusLine line(file.fd(), {});
  HandClock clock;
  const auto view = make_progress_view(ProgressMode::Json, line, clock);
  const auto total = view->begin(TaskKind::Total, "pull", 100);
  const auto task = view->begin(TaskKind::File, "dir/\x1b\"a\xff.bin", 100);
  clock.pass(600ms);
  view->advance(task, 50);
  view->advance(task, 51);
  view->advance(total, 50);
  view->wait("rate limit", 7s);
  view->end(task, TaskEnd::Failed);
  view->end(total, TaskEnd::Done);
  std::vector<std::string> events;
  for (const auto& text : lines_of(file.text())) {
    const auto json = nlohmann::json::parse(text);
    events.push_back(json["event"].get<std::string>());
    if (json["event"] == "wait") {
      CHECK(json["reason"] == "rate limit");
      CHECK(json["seconds"] == 7);
      continue;
    }
    CHECK((json["task"] == "file" || json["task"] == "total"));
    for (const char* key : {"bytes", "of", "rate"}) CHECK(json[key].is_number_unsigned());
    CHECK(json["path"].is_string());
  }
  CHECK(events == std::vector<std::string>{"begin", "begin", "progress", "progress", "wait", "end", "end"});
}

TEST_CASE("progress: a bar is redrawn ten times a second at most, harmless, and goes away", "[cli][progress]") {
  Captured file;
  StatusLine line(file.fd(), {true, false, 60});
  HandClock clock;
  {
    const auto view = make_progress_view(ProgressMode::Bar, line, clock);
    const auto total = view->begin(TaskKind::Total, "pull", 2'000'000);
    const auto task = view->begin(TaskKind::File, "dir/\x1b[31m" + std::string(200, 'x'), 1'000'000);
    for (std::uint64_t at = 0; at < 1000; ++at) {
      clock.pass(1ms);
      view->advance(task, at * 1000);
      view->advance(total, at * 1000);
    }
    CHECK(count_of(file.text(), "\r\x1b[K") <= 11);
    CHECK(count_of(file.text(), "\r\x1b[K") >= 8);
    CHECK(file.text().find("\x1b[31m") == std::string::npos);  // T3
    CHECK(file.text().find(std::string(60, 'x')) == std::string::npos);
    view->end(task, TaskEnd::Done);
    view->end(total, TaskEnd::Done);
  }
  CHECK(file.text().substr(file.text().size() - 3) == "\x1b[K");
}

TEST_CASE("progress: a narrow screen keeps share, rate, time left and the names of files", "[cli][progress]") {
  Captured file;
  StatusLine line(file.fd(), {true, false, 30});
  HandClock clock;
  const auto view = make_progress_view(ProgressMode::Bar, line, clock);
  const auto total = view->begin(TaskKind::Total, "pull", 995'700);
  const auto task = view->begin(TaskKind::File, "model.safetensors", 1'000'000);
  for (int i = 0; i < 5; ++i) {
    clock.pass(1s);
    view->advance(total, 100'000U * static_cast<unsigned>(i));
    view->advance(task, 100'000U * static_cast<unsigned>(i));  // within the same tenth of a second: not drawn any more
  }
  CHECK(file.text().find("   30%  model.safetensors\n") != std::string::npos);
  CHECK(file.text().find("40%, 100.0 kB/s, 0:05") != std::string::npos);
}

TEST_CASE("progress: a message takes the bar away before it is printed", "[cli][progress]") {
  Captured file;
  StatusLine line(file.fd(), {true, false, 60});
  line.draw({"one", "two"});
  line.print("message");
  CHECK(file.text() == "one\ntwo\r\x1b[K\x1b[1A\x1b[Kmessage\n");
}

TEST_CASE("progress: cutting counts columns, not bytes", "[cli][progress]") {
  CHECK(cut_to_width("abcdef", 3) == "abc");
  CHECK(cut_to_width("\xc3\xa9\xc3\xa9\xc3\xa9", 2) == "\xc3\xa9\xc3\xa9");
  CHECK(cut_to_width("\xe4\xb8\xad\xe4\xb8\xad", 3) == "\xe4\xb8\xad");
  CHECK(cut_to_width("\x1b[32mabc\x1b[0m", 3) == "\x1b[32mabc\x1b[0m");
  CHECK(cut_to_width("\x1b[32mabcd\x1b[0m", 3) == "\x1b[32mabc\x1b[0m");
}
