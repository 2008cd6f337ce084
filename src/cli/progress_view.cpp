#include "cli/progress_view.hpp"

#include <larder/base/byte_size.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/escape.hpp"
#include "cli/json_writer.hpp"
#include "cli/rate_meter.hpp"

namespace larder::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kRedraw{100};  // ten times a second is all an eye can use
constexpr seconds kPlainEvery{10};    // docs/manual.md "Ground rules"
constexpr milliseconds kJsonFileEvery{500};
constexpr std::size_t kShownFiles = 4;

/// What is known of one task.
struct Task {
  TaskKind kind = TaskKind::File;
  std::string name;
  std::uint64_t done = 0;
  std::uint64_t of = 0;
  RateMeter meter;
  SteadyTime told{};  // when it was last written
};

/// Book-keeping that all views share; they differ in what they show when.
class View : public ProgressSink {
 public:
  explicit View(Clock& clock) : clock_(clock), begun_(clock.now()) {}

  TaskId begin(TaskKind kind, std::string_view name, std::uint64_t of) override {
    const auto id = ++last_id_;
    auto& task = tasks_[id];
    task.kind = kind;
    task.name = name;
    task.of = of;
    task.meter.note(clock_.now(), 0);
    on_begin(task);
    return id;
  }
  void advance(TaskId id, std::uint64_t done) override {
    const auto found = tasks_.find(id);
    if (found == tasks_.end()) return;
    const auto now = clock_.now();
    found->second.done = done;
    found->second.meter.note(now, done);
    on_advance(found->second, now);
  }
  void expect(TaskId id, std::uint64_t of) override {
    const auto found = tasks_.find(id);
    if (found != tasks_.end()) found->second.of = of;
  }
  void end(TaskId id, TaskEnd how) override {
    const auto found = tasks_.find(id);
    if (found == tasks_.end()) return;
    if (found->second.kind == TaskKind::File && how == TaskEnd::Done) ++files_done_;
    on_end(found->second, how);
    tasks_.erase(found);
  }

 protected:
  virtual void on_begin(Task& task) = 0;
  virtual void on_advance(Task& task, SteadyTime now) = 0;
  virtual void on_end(Task& task, TaskEnd how) = 0;

  /// The total, or null before it began.
  [[nodiscard]] const Task* total() const {
    const auto found = std::find_if(tasks_.begin(), tasks_.end(), [](const auto& entry) { return entry.second.kind == TaskKind::Total; });
    return found == tasks_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] Clock& clock() const { return clock_; }
  [[nodiscard]] SteadyTime begun() const { return begun_; }
  [[nodiscard]] const std::map<TaskId, Task>& tasks() const { return tasks_; }
  [[nodiscard]] std::size_t files_done() const { return files_done_; }

 private:
  Clock& clock_;
  SteadyTime begun_;
  std::map<TaskId, Task> tasks_;  // by id: the order they began in
  TaskId last_id_ = 0;
  std::size_t files_done_ = 0;
};

std::string left_of(const Task& task) { return task.of > task.done ? time_left(task.of - task.done, task.meter.rate()) : ""; }

/// "1.2 GB of 4.0 GB (30%), 100.0 MB/s, 0:28 left"
std::string amount_text(const Task& task) {
  std::string text = format_bytes_long(task.done);
  if (task.of > 0) {
    const auto percent =
        std::min<std::uint64_t>(100, static_cast<std::uint64_t>(100.0 * static_cast<double>(task.done) / static_cast<double>(task.of)));
    text += fmt::format(" of {} ({}%)", format_bytes_long(task.of), percent);
  }
  const auto rate = task.meter.rate();
  text += fmt::format(", {}/s", format_bytes_long(rate));
  if (const auto left = left_of(task); !left.empty()) text += fmt::format(", {} left", left);
  return text;
}

/// Bars on a terminal: the total below, a few running files above it.
class BarView final : public View {
 public:
  BarView(StatusLine& line, Clock& clock) : View(clock), line_(line) {}
  ~BarView() override { line_.clear(); }

  void wait(std::string_view reason, seconds duration) override {
    waiting_ = fmt::format("waiting {}: {}", clock_text(duration), escape_text(reason));
    redraw(clock().now());
    waiting_.clear();
  }
  void note(std::string_view text) override {
    note_ = escape_text(text);
    if (text.empty()) return line_.clear();
    redraw_if_due(clock().now());
  }

 private:
  void on_begin(Task&) override { redraw_if_due(clock().now()); }
  void on_advance(Task&, SteadyTime now) override { redraw_if_due(now); }
  void on_end(Task& task, TaskEnd) override {
    if (task.kind == TaskKind::Total) line_.clear();
  }

  void redraw_if_due(SteadyTime now) {
    if (drawn_ != SteadyTime{} && now - drawn_ < kRedraw) return;
    redraw(now);
  }

  void redraw(SteadyTime now) {
    drawn_ = now;
    std::vector<std::string> lines;
    std::size_t more = 0;
    for (const auto& [id, task] : tasks()) {
      if (task.kind != TaskKind::File) continue;
      if (lines.size() < kShownFiles) {
        lines.push_back(file_text(task));
      } else {
        ++more;
      }
    }
    if (more > 0) lines.push_back(fmt::format("  and {} more", more));
    if (!waiting_.empty()) lines.push_back(waiting_);
    if (!note_.empty()) lines.push_back(note_);
    if (const auto* whole = total(); whole != nullptr) lines.push_back(total_text(*whole));
    line_.draw(lines);
  }

  /// "  [=====>    ]  42%  model.safetensors"; without the bar on a screen where it would leave no room for the name.
  [[nodiscard]] std::string file_text(const Task& task) const {
    const double share = task.of == 0 ? 0.0 : static_cast<double>(task.done) / static_cast<double>(task.of);
    constexpr int kRoomForBar = 48;  // columns: half of them are left for the name
    const auto bar_text = line_.width() < kRoomForBar ? std::string() : bar(share, 16) + " ";
    return fmt::format("  {}{:>3}%  {}", bar_text, static_cast<int>(std::min(1.0, share) * 100.0), escape_text(task.name));
  }

  [[nodiscard]] std::string total_text(const Task& task) const {
    const double share = task.of == 0 ? 0.0 : static_cast<double>(task.done) / static_cast<double>(task.of);
    const auto amount = amount_text(task);
    constexpr int kAmountWidth = 64;  // the longest amount: a bar that changes its width with every digit dances
    const int room = line_.width() - kAmountWidth;
    if (static_cast<int>(amount.size()) >= line_.width()) return short_text(task, share);
    return room < 12 ? amount : fmt::format("{}  {}", bar(share, std::min(room, 40)), amount);
  }

  /// "12%, 100.0 MB/s, 0:28": what one wants to know on a screen that has room for nothing else.
  static std::string short_text(const Task& task, double share) {
    const auto left = left_of(task);
    return fmt::format("{}%, {}/s{}{}", static_cast<int>(std::min(1.0, share) * 100.0), format_bytes_long(task.meter.rate()),
                       left.empty() ? "" : ", ", left);
  }

  [[nodiscard]] std::string bar(double share, int width) const {
    const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width));
    std::string inner(static_cast<std::size_t>(full), '=');
    if (full > 0 && full < width) inner.back() = '>';
    std::string rest(static_cast<std::size_t>(width - full), ' ');
    if (line_.screen().has_color) return "[\x1b[32m" + inner + "\x1b[0m" + rest + "]";
    return "[" + inner + rest + "]";
  }

  StatusLine& line_;
  SteadyTime drawn_{};
  std::string waiting_;
  std::string note_;
};

/// For logs: at most one line every ten seconds, none for a run that is shorter and never waits.
class PlainView final : public View {
 public:
  PlainView(StatusLine& line, Clock& clock) : View(clock), line_(line), told_(clock.now()) {}

  /// A short run says it too (N15): as the first line it comes at once.
  void wait(std::string_view reason, seconds duration) override {
    if (!has_told_) told_ -= kPlainEvery;
    tell(clock().now(), fmt::format("larder: waiting {}: {}", clock_text(duration), escape_text(reason)));
  }
  void note(std::string_view text) override {
    if (!text.empty()) tell(clock().now(), "larder: " + escape_text(text));
  }

 private:
  void on_begin(Task&) override {}
  void on_advance(Task&, SteadyTime now) override {
    if (now - told_ < kPlainEvery) return;  // before the text is made: this is called for every piece
    if (const auto* whole = total(); whole != nullptr) tell(now, "larder: " + amount_text(*whole));
  }
  void on_end(Task&, TaskEnd) override {}

  void tell(SteadyTime now, const std::string& text) {
    if (now - told_ < kPlainEvery) return;
    told_ = now;
    has_told_ = true;
    line_.print(text);
  }

  StatusLine& line_;
  SteadyTime told_;  // the last line, or the beginning
  bool has_told_ = false;
};

/// One JSON object a line (docs/manual.md "larder pull").
class JsonView final : public View {
 public:
  JsonView(StatusLine& line, Clock& clock) : View(clock), line_(line) {}

  void wait(std::string_view reason, seconds duration) override {
    line_.print(fmt::format(R"({{"event":"wait","reason":{},"seconds":{}}})", json_text(reason), duration.count()));
  }
  void note(std::string_view text) override {
    const auto now = clock().now();
    if (text.empty()) return;
    if (noted_ != SteadyTime{} && now - noted_ < kJsonFileEvery) return;
    noted_ = now;
    line_.print(fmt::format(R"({{"event":"note","text":{}}})", json_text(text)));
  }

 private:
  void on_begin(Task& task) override { tell("begin", task, clock().now()); }
  void on_advance(Task& task, SteadyTime now) override {
    const auto every = task.kind == TaskKind::Total ? kRedraw : kJsonFileEvery;
    if (now - task.told >= every) tell("progress", task, now);
  }
  void on_end(Task& task, TaskEnd how) override {
    tell("end", task, clock().now(), how == TaskEnd::Done ? R"(,"result":"done")" : R"(,"result":"failed")");
  }

  void tell(std::string_view event, Task& task, SteadyTime now, std::string_view more = {}) {
    task.told = now;
    line_.print(fmt::format(R"({{"event":"{}","task":"{}","path":{},"bytes":{},"of":{},"rate":{}{}}})", event,
                            task.kind == TaskKind::Total ? "total" : "file", json_text(task.name), task.done, task.of, task.meter.rate(),
                            more));
  }

  StatusLine& line_;
  SteadyTime noted_{};
};

}  // namespace

ProgressMode choose_progress_mode(const ProgressSituation& situation) {
  if (situation.asked == "bar") return ProgressMode::Bar;
  if (situation.asked == "plain") return ProgressMode::Plain;
  if (situation.asked == "json") return ProgressMode::Json;
  if (situation.asked == "none" || situation.is_quiet || situation.bars_disabled) return ProgressMode::None;
  const bool can_draw = situation.is_terminal && !situation.is_dumb && !situation.is_ci && !situation.is_verbose;
  return can_draw ? ProgressMode::Bar : ProgressMode::Plain;
}

std::unique_ptr<ProgressSink> make_progress_view(ProgressMode mode, StatusLine& line, Clock& clock) {
  switch (mode) {
    case ProgressMode::Bar:
      return std::make_unique<BarView>(line, clock);
    case ProgressMode::Plain:
      return std::make_unique<PlainView>(line, clock);
    case ProgressMode::Json:
      return std::make_unique<JsonView>(line, clock);
    case ProgressMode::None:
      return std::make_unique<NoProgress>();
  }
  return std::make_unique<NoProgress>();
}

}  // namespace larder::cli
