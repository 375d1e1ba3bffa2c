-- The action "lua.countersign": asks the gateway, then either sets the identity headers and the variable that lets the request
-- pass, or answers the caller itself. The address of the gateway is a number: HAProxy resolves no name here.
local gateway = require("ask_gateway")
local host, port = "127.0.0.1", 9000

local function headers_of(txn)
  local asked = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    for index = 0, #values do asked[#asked + 1] = { name, values[index] } end
  end
  return asked
end

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status, body = body })
  for name, value in pairs(headers) do reply:add_header(name, value) end
  txn:done(reply)
end

local function authorize(txn)
  local socket = core.tcp()
  socket:settimeout(2)
  local answer, reason = gateway.ask(socket, host, port, {
    method = txn.sf:method(), uri = txn.sf:pathq(), address = txn.sf:src(), headers = headers_of(txn),
  })
  if not answer then
    txn:Warning("the gateway of Countersign did not decide: " .. tostring(reason))
    local headers = { ["content-type"] = "application/problem+json", ["cache-control"] = "no-store", ["retry-after"] = "5" }
    return refuse(txn, 503, headers, gateway.unavailable)
  end
  if not answer.allowed then
    local headers = {}
    for _, name in ipairs(gateway.denial) do headers[name] = answer.headers[name] end
    return refuse(txn, answer.status, headers, answer.body)
  end
  for _, name in ipairs(gateway.identity) do txn.http:req_set_header(name, answer.headers[name]) end
  txn:set_var("txn.countersign_request_id", answer.headers["x-request-id"])
  local limit, policy = answer.headers["ratelimit"], answer.headers["ratelimit-policy"]
  if limit then txn:set_var("txn.countersign_ratelimit", limit) end
  if policy then txn:set_var("txn.countersign_ratelimit_policy", policy) end
  txn:set_var("txn.countersign_allowed", true)
end

core.register_action("countersign", { "http-req" }, authorize, 0)
