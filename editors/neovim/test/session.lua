-- A session in a real Neovim: nvim --headless --clean --cmd 'set runtimepath^=editors/neovim' FILE -S editors/neovim/test/session.lua
-- The file has one mistake, `epoch` for `epochs`.

local function fail(message)
  io.stderr:write("failed: " .. message .. "\n")
  vim.cmd("cquit 1")
end

local function check(what, held, detail)
  if not held then
    fail(what .. ": " .. vim.inspect(detail))
  end
end

local function line_of(text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local column = line:find(text, 1, true)
    if column then
      return number - 1, column - 1
    end
  end
  fail("no line has " .. text)
end

local function ask(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000)
  for _, answer in pairs(answers or {}) do
    check(method, answer.error == nil, answer.error)
    return answer.result
  end
  fail(method .. " has no answer")
end

-- A place in a line, so many columns behind where a text begins.
local function at(text, offset, more)
  local line, column = line_of(text)
  local position = { line = line, character = column + (offset or 0) }
  local params = { textDocument = { uri = vim.uri_from_bufnr(0) }, position = position }
  return vim.tbl_extend("force", params, more or {})
end

local function session()
  check("file type", vim.bo.filetype == "caviar", vim.bo.filetype)
  check("comments", vim.bo.commentstring == "# %s", vim.bo.commentstring)

  -- Colours.
  local function group(text, offset)
    local line, column = line_of(text)
    local id = vim.fn.synID(line + 1, column + 1 + (offset or 0), 1)
    return vim.fn.synIDattr(id, "name")
  end
  for _, case in ipairs({
    { "# Where examples", 0, "caviarComment" },
    { "data flowers", 0, "caviarKind" },
    { "normalize", 0, "caviarKey" },
    { "zscore", 0, "caviarConstant" },
    { "60%", 0, "caviarNumber" },
    { "dense(", 0, "caviarCall" },
    { "batch_norm,", 0, "caviarFunction" },
    { "as norm", 0, "caviarKeyword" },
    { "-> relu", 0, "caviarOperator" },
    { "dev.accuracy", 4, "caviarMetric" },
    { '"The five best"', 1, "caviarText" },
    { "$z = W", 1, "caviarFormula" },
  }) do
    local is = group(case[1], case[2])
    check("colour of " .. case[1], is == case[3], is)
  end
  check("prose is Markdown", group("# A first notebook", 2):find("^markdown") ~= nil, group("# A first notebook", 2))

  -- Mistakes.
  vim.wait(20000, function()
    return #vim.diagnostic.get(0) > 0
  end, 20)
  local found = vim.diagnostic.get(0)
  check("one mistake", #found == 1, found)
  check("its place", found[1].lnum == line_of("epoch "), found[1])
  check("its words", found[1].message:find("epochs", 1, true) ~= nil, found[1])

  -- A fix is offered from anywhere on the line.
  local line = found[1].lnum
  local everywhere = { line = line, character = 0 }
  local actions = ask("textDocument/codeAction", {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    range = { start = everywhere, ["end"] = everywhere },
    context = { diagnostics = {} },
  })
  check("a fix", actions and #actions > 0, actions)
  local edit = actions[1].edit
  vim.lsp.util.apply_workspace_edit(edit, "utf-16")
  check("the fix is taken", vim.api.nvim_buf_get_lines(0, line, line + 1, false)[1]:find("epochs", 1, true) ~= nil)
  vim.wait(20000, function()
    return #vim.diagnostic.get(0) == 0
  end, 20)
  check("no mistakes are left", #vim.diagnostic.get(0) == 0, vim.diagnostic.get(0))

  -- What is under the cursor, and what may stand there.
  local hover = ask("textDocument/hover", at("optimizer ="))
  check("documentation", hover and vim.inspect(hover.contents):find("update rule", 1, true) ~= nil, hover)
  local completion = ask("textDocument/completion", at("zscore"))
  local labels = vim.tbl_map(function(item)
    return item.label
  end, completion.items or completion)
  check("completion", vim.tbl_contains(labels, "minmax"), labels)
  local definition = ask("textDocument/definition", at("= mlp", 2))
  check("definition", definition and definition.range.start.line == line_of("network mlp"), definition)

  -- Another name, everywhere.
  local rename = ask("textDocument/rename", at("data flowers", 5, { newName = "irises" }))
  vim.lsp.util.apply_workspace_edit(rename, "utf-16")
  check("the new name", line_of("data irises") ~= nil and line_of("= irises") ~= nil)

  -- Layout.
  local narrow = line_of("epochs")
  vim.api.nvim_buf_set_lines(0, narrow, narrow + 1, false, { "   epochs=20" })
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = 20000 })
  else
    vim.lsp.buf.formatting_sync(nil, 20000)
  end
  local formatted = vim.api.nvim_buf_get_lines(0, narrow, narrow + 1, false)[1]
  check("layout", formatted == "  epochs    = 20", formatted)

  print("all well in Neovim " .. tostring(vim.version().major) .. "." .. tostring(vim.version().minor))
  vim.cmd("qall!")
end

-- An error of this script must not leave the editor waiting for a key.
xpcall(session, function(message)
  fail(debug.traceback(message))
end)
