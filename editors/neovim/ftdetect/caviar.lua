-- Neovim itself takes .exp for a script of Expect.
if vim.fn.has("nvim-0.8") == 1 then
  vim.filetype.add({ extension = { exp = "caviar" } })
else
  vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
    pattern = "*.exp",
    callback = function()
      vim.bo.filetype = "caviar"
    end,
  })
end
