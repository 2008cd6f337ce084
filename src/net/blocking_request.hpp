// One request, waited for.
#pragma once

#include <larder/base/cancel.hpp>
#include <larder/net/transport.hpp>

namespace larder::net {

/// Starts `request` in Collect mode and blocks until its End event. When `cancel` fires the request is cancelled and its end, which then
/// comes soon, is still waited for, because the transport may hold on to the listener until then.
Result<Response> run_blocking(Transport& transport, Request request, const CancelToken& cancel);

}  // namespace larder::net
