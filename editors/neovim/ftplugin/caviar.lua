-- Settings of a caviar notebook, and its language server.
--
-- vim.g.caviar_program: the program, if it is not in PATH under the name caviar.

if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

vim.bo.commentstring = "# %s"
vim.bo.comments = ":#"
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.bo.expandtab = true

local buffer = vim.api.nvim_get_current_buf()
local program = vim.fn.expand(vim.g.caviar_program or "caviar")

-- Run a command of caviar on this notebook in a terminal below it.
vim.api.nvim_buf_create_user_command(buffer, "Caviar", function(command)
  vim.cmd("update")
  local words = command.fargs
  if #words == 0 then
    words = { "run" }
  end
  local file = vim.api.nvim_buf_get_name(buffer)
  table.insert(words, 2, vim.fn.fnamemodify(file, ":t"))
  table.insert(words, 1, program)
  vim.cmd("botright 15new")
  local folder = vim.fn.fnamemodify(file, ":h")
  if vim.fn.has("nvim-0.11") == 1 then
    vim.fn.jobstart(words, { term = true, cwd = folder })
  else
    vim.fn.termopen(words, { cwd = folder })
  end
  -- The last line stays in sight.
  vim.cmd("normal! G")
end, { nargs = "*", complete = function()
  return { "run", "watch", "check", "show", "verify", "diff" }
end })

if vim.fn.executable(program) ~= 1 then
  vim.notify("caviar: there is no program `" .. program .. "`; set vim.g.caviar_program", vim.log.levels.WARN)
  return
end

local config = {
  name = "caviar",
  cmd = { program, "lsp" },
  root_dir = vim.fn.fnamemodify(vim.fn.finddir(".git", vim.fn.expand("%:p:h") .. ";"), ":p:h:h"),
  on_attach = function(_, attached)
    vim.bo[attached].omnifunc = "v:lua.vim.lsp.omnifunc"
    -- Results beside the text, from Neovim 0.10 on.
    if vim.lsp.inlay_hint then
      vim.lsp.inlay_hint.enable(true, { bufnr = attached })
    end
  end,
}

if vim.lsp.start then
  vim.lsp.start(config)
else
  -- Before 0.8 a client has to be kept by hand.
  caviar_client = caviar_client or vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(buffer, caviar_client)
end
