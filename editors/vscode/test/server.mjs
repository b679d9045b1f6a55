// A conversation with `caviar lsp` over standard input and output, as an editor has it.

import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";

export class Server {
  constructor(program) {
    this.child = spawn(program, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
    this.next = 1;
    this.waiting = new Map();
    /** The last diagnostics of each text. */
    this.heard = new Map();
    this.buffer = Buffer.alloc(0);
    this.child.stdout.on("data", (chunk) => this.read(chunk));
    const fail = (why) => {
      for (const { reject } of this.waiting.values()) reject(new Error(why));
      this.waiting.clear();
    };
    this.child.on("error", (error) => fail(`${program}: ${error.message}`));
    this.child.on("exit", (code) => fail(`the server ended with code ${code}`));
    this.child.stdin.on("error", () => {});
  }

  read(chunk) {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    for (;;) {
      const head = this.buffer.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.buffer.subarray(0, head).toString())[1]);
      if (this.buffer.length < head + 4 + length) return;
      const message = JSON.parse(this.buffer.subarray(head + 4, head + 4 + length).toString());
      this.buffer = this.buffer.subarray(head + 4 + length);
      if (message.method === "textDocument/publishDiagnostics") this.heard.set(message.params.uri, message.params.diagnostics);
      const asked = this.waiting.get(message.id);
      if (!asked || message.method) continue;
      this.waiting.delete(message.id);
      if (message.error) asked.reject(new Error(message.error.message));
      else asked.resolve(message.result);
    }
  }

  send(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    this.child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.child.stdin.write(body);
  }

  notify(method, params) {
    this.send({ method, params });
  }

  ask(method, params) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ id, method, params });
    });
  }

  async start() {
    const { capabilities } = await this.ask("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
    this.notify("initialized", {});
    this.legend = capabilities.semanticTokensProvider.legend.tokenTypes;
  }

  /** What the words of a text are, `{ line, start, end, type }` with columns in UTF-16, and whether it has mistakes. */
  async tokens(path, text) {
    const uri = pathToFileURL(path).href;
    this.notify("textDocument/didOpen", { textDocument: { uri, languageId: "caviar", version: 1, text } });
    const { data } = await this.ask("textDocument/semanticTokens/full", { textDocument: { uri } });
    while (!this.heard.has(uri)) await new Promise((resolve) => setTimeout(resolve, 2));
    const broken = this.heard.get(uri).some(({ severity }) => severity === 1);
    this.notify("textDocument/didClose", { textDocument: { uri } });
    const found = [];
    let line = 0;
    let start = 0;
    for (let n = 0; n < data.length; n += 5) {
      start = data[n] === 0 ? start + data[n + 1] : data[n + 1];
      line += data[n];
      found.push({ line, start, end: start + data[n + 2], type: this.legend[data[n + 3]] });
    }
    return { tokens: found, broken };
  }

  async stop() {
    await this.ask("shutdown", null);
    this.notify("exit", null);
  }
}
