-- The hook "authorize" of mod_lua: asks the gateway, then either sets the identity headers or answers the caller itself.
-- Apache waits for the gateway in the thread of the request, at most two seconds. Needs LuaSocket (Debian: lua-socket).
require "apache2"
local socket = require "socket"
local gateway = require "ask_gateway"
local host, port = "127.0.0.1", 9000

-- Without what could be read as an identity header, what the caller says of an earlier proxy (mod_proxy adds its own), and what the
-- caller lists in "Connection", which mod_proxy would drop after the gateway has set it. No WebSockets. Apache joined a repeated header with a comma; the gateway refuses two tokens in one.
local function take_headers(r)
  local asked = {}
  for name, value in pairs((r:headers_in_table())) do
    if gateway.is_identity(name) or gateway.is_of_proxy(name) or name:lower() == "connection" then
      r.headers_in[name] = nil
    else
      asked[#asked + 1] = { name, value }
    end
  end
  return asked
end

local function refuse(r, status, headers, body)
  for name, value in pairs(headers) do
    if name ~= "content-type" then r.err_headers_out[name] = value end
  end
  r.status = status
  r.content_type = headers["content-type"]
  -- Otherwise Apache would read the body of the request before it answers.
  if r.headers_in["Content-Length"] or r.headers_in["Transfer-Encoding"] then r.headers_out["Connection"] = "close" end
  r:write(body)
  r:flush()
  return apache2.DONE
end

function authorize(r)
  local asked = take_headers(r)
  local tcp = socket.tcp()
  tcp:settimeout(2, "t")
  local answer, reason = gateway.ask(tcp, host, port, {
    method = r.method, uri = r.unparsed_uri, address = r.useragent_ip, headers = asked,
  })
  if not answer then
    r:err("the gateway of Countersign did not decide: " .. tostring(reason))
    local headers = { ["content-type"] = "application/problem+json", ["cache-control"] = "no-store", ["retry-after"] = "5" }
    return refuse(r, 503, headers, gateway.unavailable)
  end
  if not answer.allowed then
    local headers = {}
    for _, name in ipairs(gateway.denial) do headers[name] = answer.headers[name] end
    return refuse(r, answer.status, headers, answer.body)
  end
  for _, name in ipairs(gateway.identity) do r.headers_in[name] = answer.headers[name] end
  for _, name in ipairs({ "x-request-id", "ratelimit", "ratelimit-policy" }) do
    if answer.headers[name] then r.err_headers_out[name] = answer.headers[name] end
  end
  return apache2.OK
end
