-- Errors in every way that Lua has them: each is a longjmp in the interpreter.
local function try(name, ...)
  print(name, pcall(...))
end

try("string", error, "message")
try("level 2", function() error("message", 2) end)
try("table", function() error(setmetatable({}, { __tostring = function() return "an object" end })) end)
try("nil index", function() local t; return t.field end)
try("arithmetic", function() return {} + 1 end)
try("call", function() return (nil)() end)
try("compare", function() return 1 < "2" end)
try("assert", assert, false, "assertion")
try("overflow", function() local function f() return f() + 1 end return f() end)
try("c stack", string.rep, "x", -1)
try("bad argument", string.rep)
try("syntax", function() return assert(load("return +")) end)
try("fine", function(...) return select("#", ...), ... end, 1, nil, 3)
print(xpcall(function() error("deep") end, function(text) return (debug.traceback(text):gsub("\n.*", "")) end))
print(select(2, pcall(pcall)))

-- nested, each throwing what it caught again
local function nested(depth)
  if depth == 0 then error({ depth = 0 }) end
  local ok, e = pcall(nested, depth - 1)
  e.depth = e.depth + 1
  error(e)
end
print(select(2, pcall(nested, 100)).depth)

-- to-be-closed variables see the error
local function close(name)
  return setmetatable({}, { __close = function(_, e) print("close", name, e) end })
end
print(pcall(function()
  local a <close> = close("a")
  local b <close> = close("b")
  error("closing", 0)
end))

-- coroutines that yield across pcall, that fail, and that are wrapped
local generator = coroutine.wrap(function()
  for i = 1, 3 do
    print("in", pcall(function() coroutine.yield(i) error("after " .. i, 0) end))
  end
end)
print(generator(), generator(), generator())
local failing = coroutine.create(function() coroutine.yield(1) error("in a coroutine", 0) end)
print(coroutine.resume(failing))
print(coroutine.resume(failing))
print(coroutine.resume(failing))
print(coroutine.status(failing))

-- many, with garbage on the way
local sum = 0
for i = 1, 100000 do
  local ok, e = pcall(error, { i })
  sum = sum + e[1]
end
print(sum)
local ok, e = pcall(function()
  return (("x"):rep(100):gsub(".", function(c) if sum > 0 then error("in gsub", 0) end end))
end)
print(ok, e)
print(pcall(table.sort, { 3, 1, 2, 5, 4 }, function() error("in sort", 0) end))
if arg[1] then error("uncaught " .. arg[1]) end
os.exit(7)
