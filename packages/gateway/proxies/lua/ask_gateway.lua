-- Asks the gateway of Countersign about one request, for HAProxy and Apache. A socket has the methods of LuaSocket, which
-- HAProxy has too. Whatever goes wrong, the answer is nil with the reason, and the request must be denied.
local gateway = {}

-- What the API gets; each of them is set for every request, so that one that the caller sent is replaced.
gateway.identity = {
  "x-auth-client-id", "x-auth-organization-id", "x-auth-organization", "x-auth-scope", "x-auth-partner-id",
  "x-auth-requestor-id", "x-auth-token-id", "x-auth-route", "x-auth-signature", "x-request-id",
}

-- What the caller gets with the denial of the gateway.
gateway.denial = {
  "content-type", "cache-control", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id", "allow",
}

-- What belongs to the connection of the caller, or is said by the proxy; the gateway reads every other header.
local left_out = {}
for name in ("host connection keep-alive te trailer transfer-encoding upgrade content-length expect x-forwarded-for " ..
  "x-forwarded-method x-forwarded-uri x-forwarded-host x-forwarded-proto"):gmatch("%S+") do left_out[name] = true end

gateway.unavailable = '{"type":"about:blank","title":"Service Unavailable","status":503}'

-- Whether an API could read the name as one of the identity headers, such as "X_Auth_Client_Id".
function gateway.is_identity(name)
  return name:lower():find("^x[^0-9a-z]auth[^0-9a-z]") ~= nil
end

-- Whether it says something of an earlier proxy, such as "X-Forwarded-For".
function gateway.is_of_proxy(name)
  return name:lower():find("^x[^0-9a-z]forwarded[^0-9a-z]") ~= nil or name:lower() == "x-real-ip" or name:lower() == "forwarded"
end

-- @param request method, uri, address, and headers: a list of { name, value }, a repeated one twice
local function compose(request)
  local lines = {
    "GET /forward-auth HTTP/1.0", "host: gateway", "x-forwarded-method: " .. request.method, "x-forwarded-uri: " .. request.uri,
    "x-forwarded-for: " .. request.address,
  }
  for _, header in ipairs(request.headers) do
    if not left_out[header[1]:lower()] then lines[#lines + 1] = header[1] .. ": " .. header[2] end
  end
  for _, line in ipairs(lines) do
    if line:find("[\0-\8\10-\31\127]") then return nil end
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function parse(text)
  local status, fields, body = text:match("^HTTP/1%.[01] (%d%d%d)[^\r\n]*\r\n(.-\r\n)\r\n(.*)$")
  if not status then return nil, "no response" end
  local headers = {}
  for name, value in fields:gmatch("([^:\r\n]+):[ \t]*([^\r\n]*)\r\n") do
    if headers[name:lower()] then return nil, "repeated " .. name end
    headers[name:lower()] = value
  end
  local length = tonumber(headers["content-length"])
  if headers["transfer-encoding"] or (length and length ~= #body) then return nil, "cut response" end
  status = tonumber(status)
  if status == 200 then
    for _, name in ipairs(gateway.identity) do
      if not headers[name] then return nil, "no " .. name end
    end
  elseif status < 400 then
    return nil, "status " .. status
  end
  return { allowed = status == 200, status = status, headers = headers, body = body }
end

-- @param socket one that is not connected yet, with its deadline
-- @returns allowed, status, headers (names in lower case) and body, or nil and the reason
function gateway.ask(socket, host, port, request)
  local question = compose(request)
  if not question then return nil, "control characters in the request" end
  local connected, reason = socket:connect(host, port)
  if not connected then return nil, reason end
  local sent
  sent, reason = socket:send(question)
  if not sent then
    socket:close()
    return nil, reason
  end
  local text, failure, partial = socket:receive("*a")
  socket:close()
  if not text and failure ~= "closed" then return nil, failure end
  return parse(text or partial or "")
end

return gateway
