-- Queens on a board, words in a table, and strings put together.
local function solutions(n)
    local columns, up, down, count = {}, {}, {}, 0
    local function place(row)
        if row > n then
            count = count + 1
            return
        end
        for column = 1, n do
            local u, d = row + column, row - column + n
            if not (columns[column] or up[u] or down[d]) then
                columns[column], up[u], down[d] = true, true, true
                place(row + 1)
                columns[column], up[u], down[d] = nil, nil, nil
            end
        end
    end
    place(1)
    return count
end
print(solutions(8), solutions(9), solutions(10))

local seed, words = 42, {}
for i = 1, 60000 do
    seed = (seed * 1103515245 + 12345) % 2147483648
    words[i] = string.format("%x-%d", seed, i % 7)
end
table.sort(words)
local seen = {}
for _, word in ipairs(words) do
    local stem = word:match("^(%x%x)") or word
    seen[stem] = (seen[stem] or 0) + #word:upper():rep(2)
end
local parts = {}
for stem, size in pairs(seen) do
    parts[#parts + 1] = stem .. "=" .. size
end
table.sort(parts)
print(#parts, parts[1], parts[#parts], #table.concat(parts, ","))

local sum = 0.0
for i = 1, 20000000 do
    sum = sum + 1 / (i * i)
end
print(string.format("%.9f", sum))
