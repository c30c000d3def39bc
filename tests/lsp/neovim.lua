-- Two files of one program in Neovim: prints what the server says of a.py, before and after an edit in b.py,
-- then ignores the finding by its code action. Lines begin with a word that the test looks for.

local id = vim.lsp.start_client({
  name = "lrmigrate",
  cmd = { vim.env.PYTHON, "-m", "lrmigrate", "server" },
  root_dir = vim.fn.getcwd(),
})

local function open(name)
  vim.cmd("edit " .. name)
  local buffer = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buffer, id)
  return buffer
end

local a, b = open("a.py"), open("b.py")

local function message()
  local found = vim.diagnostic.get(a)
  return found[1] and (found[1].message:gsub("\n", " | ")) or "nothing"
end

local function say(word, text)
  io.stdout:write(word .. ": " .. text .. "\n")
end

vim.wait(60000, function() return message() ~= "nothing" end, 50)
local first = message()
say("found", first)

vim.api.nvim_buf_set_lines(b, -1, -1, false, { "a.optimizer.lr = 0.01" })
vim.wait(60000, function() return message() ~= first end, 50)
say("then", message())

local params = {
  textDocument = { uri = vim.uri_from_bufnr(a) },
  range = { start = { line = 2, character = 14 }, ["end"] = { line = 2, character = 15 } },
  context = { diagnostics = {} },
}
for _, answer in pairs(vim.lsp.buf_request_sync(a, "textDocument/codeAction", params, 60000) or {}) do
  for _, action in ipairs(answer.result or {}) do
    say("action", action.title)
    if action.title:match("^Ignore") then
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
    end
  end
end
vim.wait(60000, function() return message() == "nothing" end, 50)
say("last", message() .. ", " .. vim.api.nvim_buf_get_lines(a, 2, 3, false)[1])
vim.cmd("qa!")
