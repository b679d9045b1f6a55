// The live page of `caviar watch --serve`, followed in two tabs while the notebook is edited, broken and mended.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { accessible, browser, caviar, check, done, equal, faint, fits, notebook, open, project, serve, shot, truth, unfocused, until } from "./harness.mjs";

const folder = project({ "page.exp": notebook });
const write = (text) => fs.writeFileSync(path.join(folder, "page.exp"), text);
caviar(folder, "run", "page.exp");
let server = await serve(folder, "page.exp");
const port = Number(new URL(server.url).port);
const chrome = await browser();
const context = await chrome.newContext({ viewport: { width: 1280, height: 800 } });
const { page, seen } = await open(context);
await page.goto(server.url);
// Gone when the page is loaded again.
await page.evaluate(() => { globalThis.loaded = 1; });
const status = (of = page) => of.locator("#status").innerText();
const upToDate = async (of = page) => until("up to date", async () => (await status(of)).startsWith("up to date"));
const report = (of = page) => of.frameLocator("#report iframe:not(.loading)");

await check("the report is shown, and nothing goes wrong", async () => {
  await upToDate();
  await until("the report", async () => await page.locator("#report iframe:not(.loading)").count() === 1);
  equal(await report().locator("h1").innerText(), "Where does batch norm go?");
  equal(await report().locator(".picture > svg").count(), 7);
  truth((await page.title()).includes("page.exp"), await page.title());
  equal(seen.errors, [], "what the console says");
  equal(seen.requests.filter((asked) => !asked.startsWith(server.url) && !asked.startsWith("data:")), [], "what was asked for");
});

await check("only this machine can ask, and only for the page", async () => {
  const ask = (options) => new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path: "/", agent: false, ...options }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on("error", reject);
    request.end();
  });
  equal(await ask({}), 200);
  equal(await ask({ headers: { host: `evil.example:${port}` } }), 403, "another host's name");
  equal(await ask({ headers: { host: `evil.example:${port}` }, path: "/events" }), 403, "another host's name for the events");
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) equal(await ask({ method }), 405, method);
  equal(await ask({ path: "/../page.exp" }), 404, "a file");
});

await check("one port is open, on the loopback interface", async () => {
  if (process.platform !== "linux") return;
  const own = new Set();
  for (const fd of fs.readdirSync(`/proc/${server.child.pid}/fd`)) {
    try {
      const socket = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${server.child.pid}/fd/${fd}`));
      if (socket) own.add(socket[1]);
    } catch { /* closed by now */ }
  }
  const listening = [];
  for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
    for (const line of fs.readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)) {
      const cells = line.trim().split(/\s+/);
      if (own.has(cells[9]) && (cells[3] === "0A" || table.startsWith("udp"))) listening.push(`${table} ${cells[1]}`);
    }
  }
  equal(listening, [`tcp 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`], "what is listened on");
});

await check("an edit is shown without a reload, where the reader was", async () => {
  await page.locator("#report iframe:not(.loading)").evaluate((frame) => frame.contentWindow.scrollTo(0, 600));
  write(notebook.replace("# Where does batch norm go?", "# Another title"));
  await until("the other title", async () => (await report().locator("h1").innerText()) === "Another title");
  equal(await page.evaluate(() => globalThis.loaded), 1, "the page was loaded again:");
  equal(await page.locator("#report iframe:not(.loading)").evaluate((frame) => Math.round(frame.contentWindow.scrollY)), 600, "the place");
});

const second = await open(context);
await check("mistakes are shown over the last good report, which is marked as stale", async () => {
  await second.page.goto(server.url);
  await upToDate(second.page);
  write(notebook.replace("adam(", "adamm(").replace("epochs    = 6", "epoochs = 6"));
  for (const tab of [page, second.page]) {
    await until("mistakes", async () => await tab.locator("#problems").isVisible());
    truth((await tab.locator("#problems h2").innerText()).startsWith("2 mistakes"), await tab.locator("#problems h2").innerText());
    const told = await tab.locator("#problems").innerText();
    truth(told.includes("did you mean `adam`") && told.includes("`epochs`"), told);
    truth((await status(tab)).startsWith("broken"), await status(tab));
    const banner = await tab.locator("#report").evaluate((r) => getComputedStyle(r, "::before").content);
    truth(banner.includes("stale"), banner);
    equal(await report(tab).locator("h1").innerText() !== "", true, "the last good report");
  }
  await shot(page, "live-broken");
  await accessible(page);
});

await check("mended: the mistakes go, and the mark", async () => {
  write(notebook);
  for (const tab of [page, second.page]) {
    await upToDate(tab);
    equal(await tab.locator("#problems").isVisible(), false, "the mistakes are still there:");
    equal(await tab.locator("#report").evaluate((r) => getComputedStyle(r, "::before").content), "none");
    await until("the first title", async () => (await report(tab).locator("h1").innerText()) === "Where does batch norm go?");
  }
  equal(await page.evaluate(() => globalThis.loaded), 1, "the page was loaded again:");
});

await check("while many train: progress, and trials that fill a table, in both tabs", async () => {
  // The pages note what they show as it changes, however fast the machine is.
  for (const tab of [page, second.page]) {
    await tab.locator("#trials").evaluate((trials) => { trials.open = true; });
    await tab.evaluate(() => {
      const noted = globalThis.noted = { progress: [], rows: [], curves: [] };
      globalThis.observer = new MutationObserver(() => {
        noted.progress.push(document.getElementById("progress").innerText);
        noted.rows.push(document.querySelectorAll("#tables tbody tr").length);
        noted.curves.push([...document.querySelectorAll("#curves figcaption")].map((caption) => caption.textContent));
      });
      globalThis.observer.observe(document.body, { childList: true, subtree: true });
    });
  }
  // A trial takes as long as it needs for its curve to be seen, and the last ones need not be waited for.
  write(notebook.replace("epochs    = 6", "epochs    = 20_000"));
  const noted = (tab, what) => tab.evaluate((what) => globalThis.noted[what], what);
  for (const tab of [page, second.page]) {
    await until("progress", async () => (await noted(tab, "progress")).some((text) => /\d+ of 12/.test(text)), 90);
    await until("the learning curve of a trial", async () => (await noted(tab, "curves")).flat().some((text) => /^search, trial \d+(, seed 2)?: epoch \d+ of 20000; /.test(text)), 90);
  }
  await until("a curve in place", async () => await page.locator("#curves svg path.line").count() > 0);
  await shot(page, "live-search-curves");
  for (const tab of [page, second.page]) {
    await until("a table that grows", async () => new Set((await noted(tab, "rows")).filter((count) => count > 0 && count < 12)).size > 1, 90);
  }
  await shot(page, "live-search");
  for (const tab of [page, second.page]) await tab.evaluate(() => globalThis.observer.disconnect());
});

await check("while one trains: its learning curve grows, in both tabs", async () => {
  write(notebook.replace("epochs    = 10", "epochs    = 200_000"));
  // Those of the search go when the new text is taken up.
  const curves = (tab) => tab.locator("#curves figure", { hasText: "baby, trial 1: epoch " });
  for (const tab of [page, second.page]) {
    await until("a curve", async () => await curves(tab).locator("path.line").count() > 0 && await tab.locator("#curves figure").count() === 1, 90);
  }
  const points = () => curves(page).locator("path.line").first().getAttribute("d");
  const before = await points();
  await until("a longer curve", async () => (await points()) !== before);
  truth(/epoch \d+ of 200000/.test(await page.locator("#progress").innerText()), await page.locator("#progress").innerText());
  // A picture that is being replaced has no size.
  const widths = () => page.locator("#curves svg").first().evaluate((s) => [".axis", ".line"].map((part) => s.querySelector(part).getBBox().width));
  const [wide, drawn] = await until("a picture in place", async () => { const both = await widths(); return both[0] > 0 && both; });
  truth(drawn > 0.4 * wide, `the curve is drawn over ${drawn} of ${wide} px`);
  await shot(page, "live-training");
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await accessible(page);
    equal(await faint(page), [], `faint texts in curves, ${scheme}`);
  }
  await shot(page, "live-training-dark");
  await page.emulateMedia({ colorScheme: "light" });
  for (const width of [390, 360]) {
    await page.setViewportSize({ width, height: 780 });
    await fits(page);
  }
  await shot(page, "live-training-360");
  await page.setViewportSize({ width: 1280, height: 800 });
  // What a save no longer wants is left, and the old results are there at once.
  write(notebook);
  await upToDate();
});

await check("the trials of a run are listed from 1", async () => {
  write(notebook.replace("epochs    = 6", "epochs    = 7"));
  await until("another report", async () => (await report().locator("pre.source").textContent()).includes("epochs    = 7"));
  await upToDate();
  const numbers = await page.locator("#tables table", { has: page.locator("caption", { hasText: "search" }) }).locator("tbody tr td:first-child").allTextContents();
  equal(numbers.map(Number).sort((a, b) => a - b), [...Array(12).keys()].map((i) => i + 1), "trials");
});

await check("what has the keyboard's focus shows it", async () => {
  equal(await unfocused(page), [], "without a visible focus");
});

await check("a server that comes again is followed again", async () => {
  await server.stop();
  for (const tab of [page, second.page]) await until("the loss", async () => (await status(tab)).startsWith("connection lost"));
  await shot(page, "live-lost");
  write(notebook.replace("# Where does batch norm go?", "# After the restart"));
  server = await serve(folder, "page.exp", port);
  for (const tab of [page, second.page]) {
    await upToDate(tab);
    await until("its report", async () => (await report(tab).locator("h1").innerText()) === "After the restart");
  }
  equal(await page.evaluate(() => globalThis.loaded), 1, "the page was loaded again:");
});

await check("links of the report open beside the page", async () => {
  const link = report().locator("a[href^='https://example.org']");
  equal([await link.getAttribute("target"), await link.getAttribute("rel")], ["_blank", "noopener"]);
  equal(await report().locator("a", { hasText: "to a file" }).getAttribute("href"), null, "a file that is not served:");
});

await check("nothing went wrong in the end", async () => {
  const lost = /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/;
  for (const tab of [seen, second.seen]) equal(tab.errors.filter((text) => !lost.test(text)), [], "what the console says");
});

await server.stop();
await done(chrome);
