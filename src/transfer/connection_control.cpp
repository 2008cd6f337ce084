#include "transfer/connection_control.hpp"

#include <algorithm>

namespace larder::transfer {

namespace {

constexpr std::chrono::seconds kPushbackRest{5};
constexpr std::chrono::seconds kResetSpan{2};
constexpr int kResetBurst = 4;
constexpr double kWorthIt = 1.05;
constexpr double kInProportion = 1.4;  // half as many more connections brought so much more
constexpr int kProbeAfter = 20;        // windows: ten seconds, so that a path that got better is noticed

}  // namespace

ConnectionControl::ConnectionControl(int most, int start) : cap_(std::max(most, 1)), bulk_(std::min(start, cap_)), last_good_(bulk_) {}

void ConnectionControl::on_short_path() {
  if (last_bytes_ != 0 || phase_ != Phase::Growing) return;
  bulk_ = std::min(bulk_, kShortStart);
  last_good_ = bulk_;
}

void ConnectionControl::on_window(std::uint64_t bytes, bool was_full) {
  if (!was_full) return;
  const double growth = last_bytes_ == 0 ? 1.0 : static_cast<double>(bytes) / static_cast<double>(last_bytes_);
  if (phase_ == Phase::Growing) {
    if (last_bytes_ == 0 || growth > kWorthIt) {
      last_good_ = bulk_;
      bulk_ = std::min(bulk_ + step(growth), cap_);
    } else {
      bulk_ = last_good_;
      phase_ = Phase::Settled;
      settled_windows_ = 0;
    }
    last_bytes_ = std::max(bytes, std::uint64_t{1});
    return;
  }
  last_bytes_ = std::max(bytes, std::uint64_t{1});
  if (++settled_windows_ < kProbeAfter || bulk_ >= cap_) return;
  last_good_ = bulk_;
  bulk_ = std::min(bulk_ + step(1.0), cap_);
  phase_ = Phase::Growing;
}

int ConnectionControl::step(double growth) const { return std::max(kStep, growth >= kInProportion ? bulk_ : bulk_ / 2); }

void ConnectionControl::halve() {
  bulk_ = std::max(bulk_ / 2, 1);
  last_good_ = bulk_;
  phase_ = Phase::Settled;
  settled_windows_ = 0;
}

void ConnectionControl::on_pushback(SteadyTime now) {
  if (pushed_back_ && now - *pushed_back_ < kPushbackRest) return;
  pushed_back_ = now;
  halve();
}

void ConnectionControl::on_reset(SteadyTime now) {
  if (!first_reset_ || now - *first_reset_ > kResetSpan) {
    first_reset_ = now;
    resets_ = 0;
  }
  if (++resets_ < kResetBurst) return;
  first_reset_.reset();
  halve();
}

void ConnectionControl::on_shortage() {
  cap_ = std::max(cap_ * 3 / 4, 1);
  bulk_ = std::min(bulk_, cap_);
  last_good_ = std::min(last_good_, bulk_);
}

}  // namespace larder::transfer
