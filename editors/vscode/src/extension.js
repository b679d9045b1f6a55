// The language client of `caviar lsp`, and commands that start `caviar` as tasks.

import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

/** @type {LanguageClient | undefined} */
let client;

function settings() {
  return vscode.workspace.getConfiguration("caviar");
}

/** The program, as the settings name it. */
function program() {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const path = settings().get("path")?.trim() || "caviar";
  return path.replace(/^~(?=$|[/\\])/, homedir()).replaceAll("${workspaceFolder}", folder);
}

/** Whether a program can be started. */
async function isThere(command) {
  const names = process.platform === "win32" ? [command, `${command}.exe`] : [command];
  const folders = /[/\\]/.test(command) ? [""] : (process.env.PATH ?? "").split(delimiter);
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    try {
      await access(path, constants.X_OK);
      return true;
    } catch {
      // The next one.
    }
  }
  return false;
}

/** Say why there is no language server, with the way out. */
async function complain(why) {
  const settingsButton = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(`${why} The setting caviar.path says where caviar is.`, settingsButton);
  if (chosen === settingsButton) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "caviar.path");
  }
}

async function start() {
  const command = program();
  if (!(await isThere(command))) {
    complain(`There is no program \`${command}\`.`);
    return;
  }
  client = new LanguageClient(
    "caviar",
    "caviar",
    { command, args: ["lsp"] },
    {
      documentSelector: [
        { language: "caviar", scheme: "file" },
        { language: "caviar", scheme: "untitled" },
      ],
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // Said once by us, with the way out.
      initializationFailedHandler: () => false,
    },
  );
  try {
    await client.start();
  } catch (error) {
    complain(`\`${command} lsp\` does not start: ${error.message ?? error}.`);
  }
}

async function stop() {
  const old = client;
  client = undefined;
  try {
    await old?.dispose();
  } catch {
    // One that never started has nothing to stop.
  }
}

/** A command of caviar as a task: it runs in a terminal, and no shell reads its arguments. */
function task(definition, scope) {
  const { command, file } = definition;
  const more = definition.arguments ?? [];
  const made = new vscode.Task(
    definition,
    scope,
    `${command} ${basename(file)}`,
    "caviar",
    new vscode.ProcessExecution(program(), [command, basename(file), ...more], { cwd: dirname(file) }),
    [],
  );
  made.isBackground = command === "watch";
  made.presentationOptions = {
    reveal: vscode.TaskRevealKind.Always,
    panel: vscode.TaskPanelKind.Dedicated,
    clear: true,
    showReuseMessage: false,
  };
  return made;
}

function scopeOf(uri) {
  return vscode.workspace.getWorkspaceFolder(uri) ?? vscode.TaskScope.Workspace;
}

/** The notebook that a command is meant for, saved; nothing if there is none. */
async function notebook(given) {
  const uri = given ?? vscode.window.activeTextEditor?.document.uri;
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri?.toString());
  if (uri === undefined || (document && document.languageId !== "caviar")) {
    vscode.window.showInformationMessage("Open a caviar notebook first: a file that ends in .exp.");
    return undefined;
  }
  if (document?.isUntitled) {
    vscode.window.showInformationMessage("Save the notebook under a name first.");
    return undefined;
  }
  if (document?.isDirty && !(await document.save())) return undefined;
  return uri;
}

async function execute(given, command, ...more) {
  const uri = await notebook(given);
  if (!uri) return;
  const wanted = task({ type: "caviar", command, file: uri.fsPath, arguments: more }, scopeOf(uri));
  // The same again takes the place of what still goes on.
  const same = ({ task: other }) =>
    other.definition.type === "caviar" &&
    other.definition.file === uri.fsPath &&
    ["run", "watch"].includes(other.definition.command) &&
    ["run", "watch"].includes(command);
  for (const execution of vscode.tasks.taskExecutions.filter(same)) {
    const ended = new Promise((resolve) => {
      const listener = vscode.tasks.onDidEndTask((event) => {
        if (event.execution !== execution) return;
        listener.dispose();
        resolve();
      });
    });
    execution.terminate();
    await ended;
  }
  await vscode.tasks.executeTask(wanted);
}

async function report(given) {
  const uri = await notebook(given);
  if (!uri) return;
  const page = join(dirname(uri.fsPath), basename(uri.fsPath).replace(/\.exp$/, "") + ".out", "report.html");
  try {
    await access(page);
  } catch {
    const run = "Run Notebook";
    const chosen = await vscode.window.showInformationMessage(`There is no report of ${basename(uri.fsPath)} yet.`, run);
    if (chosen === run) await execute(uri, "run", ...settings().get("run.arguments", []));
    return;
  }
  await vscode.env.openExternal(vscode.Uri.file(page));
}

export async function activate(context) {
  const command = (name, action) => context.subscriptions.push(vscode.commands.registerCommand(`caviar.${name}`, action));
  const more = () => settings().get("run.arguments", []);
  command("run", (uri) => execute(uri, "run", ...more()));
  command("watch", (uri) => execute(uri, "watch", ...more()));
  command("serve", (uri) => execute(uri, "watch", "--serve", ...more()));
  command("plan", (uri) => execute(uri, "run", "--plan"));
  command("verify", (uri) => execute(uri, "verify"));
  command("report", report);
  command("restart", async () => {
    await stop();
    await start();
  });
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider("caviar", {
      provideTasks: () => [],
      resolveTask: (asked) => task(asked.definition, asked.scope ?? vscode.TaskScope.Workspace),
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (!event.affectsConfiguration("caviar.path")) return;
      await stop();
      await start();
    }),
    { dispose: stop },
  );
  await start();
}

export function deactivate() {
  return stop();
}
