// What both scripts share: a project in a folder of its own, the program, the browser, and checks that are counted.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [, , binary, pictures, browserPath = "/usr/bin/chromium"] = process.argv;
if (!binary || !pictures) {
  console.error("usage: node report.mjs|live.mjs CAVIAR FOLDER-FOR-SCREENSHOTS [CHROMIUM]");
  process.exit(2);
}
fs.mkdirSync(pictures, { recursive: true });
const here = path.dirname(fileURLToPath(import.meta.url));

/** The fixed notebook. */
export const notebook = fs.readFileSync(path.join(here, "page.exp"), "utf8");

/** Data whose names would do harm if they were taken for markup. */
function points() {
  const rows = [`"<script>window.hurt='column'</script>","x2""><img src=x onerror=window.hurt=2>",kind`];
  for (let i = 0; i < 120; i++) {
    const [angle, radius] = [i * 0.37, 1 + i % 3];
    rows.push(`${(radius * Math.cos(angle)).toFixed(4)},${(radius * Math.sin(angle)).toFixed(4)},${["<b>in</b>", "mid & left", "out"][i % 3]}`);
  }
  return rows.join("\n") + "\n";
}

/** A folder with the data and files of these texts. */
export function project(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "caviar-browser-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, "points.csv"), points());
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

const environment = { ...process.env, NO_COLOR: "1", CI: "" };

/** Run the program to its end; 4 says that a claim is refuted. */
export function caviar(folder, ...args) {
  const ran = spawnSync(binary, args, { cwd: folder, encoding: "utf8", env: environment });
  if (ran.status !== 0 && ran.status !== 4) throw new Error(`caviar ${args.join(" ")}: ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

/** Start `caviar watch --serve`; resolves to its process and address. */
export async function serve(folder, file, port) {
  const child = spawn(binary, ["watch", "--serve", ...(port ? [String(port)] : []), file], { cwd: folder, env: environment });
  process.on("exit", () => child.kill("SIGKILL"));
  let text = "";
  const url = await new Promise((resolve, reject) => {
    const read = (data) => {
      text += data;
      const found = /live page: (http:\S+)/.exec(text);
      if (found) resolve(found[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", () => reject(new Error(`caviar watch ended:\n${text}`)));
  });
  return { child, url, stop: () => new Promise((done) => { child.once("exit", done); child.kill("SIGINT"); }) };
}

let passed = 0;
let failed = 0;

/** One checked behaviour; what it throws is told and counted, and the next one is tried. */
export async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n${String(error.stack ?? error).split("\n").slice(0, 12).map((line) => `     ${line}`).join("\n")}`);
  }
}

export function equal(found, expected, what = "") {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  }
}

export function truth(value, what) {
  if (!value) throw new Error(what);
}

/** Wait until a function gives a true value. */
export async function until(what, body, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await body();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((again) => setTimeout(again, 40));
  }
}

/** A browser that asks for nothing on its own. */
export async function browser() {
  return chromium.launch({
    executablePath: browserPath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
}

/** A page that notes what goes wrong and what it asks for. */
export async function open(context) {
  const page = await context.newPage();
  const seen = { errors: [], requests: [] };
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) seen.errors.push(message.text()); });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => seen.requests.push(request.url()));
  return { page, seen };
}

export async function shot(page, name, options = {}) {
  await page.screenshot({ path: path.join(pictures, `${name}.png`), ...options });
}

export const output = (name) => path.join(pictures, name);

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds against WCAG 2.1 A and AA, contrast included. */
export async function accessible(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] });
    return violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  });
  equal(found, [], "what axe found");
}

/** Texts of pictures whose contrast with what is painted under them is too low. axe does not look into SVG. */
export async function faint(page) {
  return page.evaluate(() => {
    const parse = (color) => color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const found = [];
    for (const svg of document.querySelectorAll("svg")) {
      svg.scrollIntoView({ block: "center" });
      for (const text of svg.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
        const style = getComputedStyle(text);
        // From the top down to what hides the rest, then painted over it again.
        let under = [];
        for (const element of document.elementsFromPoint(x, y)) {
          const shape = element instanceof SVGGeometryElement;
          if (element instanceof SVGElement && !shape) continue;
          const its = getComputedStyle(element);
          const paint = shape ? its.fill : its.backgroundColor;
          if (paint === "none" || paint === "rgba(0, 0, 0, 0)") continue;
          const [r, g, b, a = 1] = parse(paint);
          const alpha = a * (shape ? Number(its.fillOpacity) * Number(its.opacity) : 1);
          under.push([r, g, b, alpha]);
          if (alpha > 0.99) break;
        }
        const ground = under.reverse().reduce((below, [r, g, b, a]) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a)), [255, 255, 255]);
        const [light, dark] = [luminance(parse(style.fill)), luminance(ground)].sort((a, b) => b - a);
        const ratio = (light + 0.05) / (dark + 0.05);
        if (ratio < 4.5) found.push(`${text.textContent}: ${ratio.toFixed(2)} (${style.fill} on ${ground.map(Math.round)})`);
      }
    }
    return found;
  });
}

/** Nothing but boxes that scroll by themselves is wider than the screen. */
export async function fits(page) {
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  truth(content <= width, `the page is ${content} px wide on a screen of ${width} px`);
}

/** Every element that the Tab key reaches, with whether it shows that it has the focus. */
export async function unfocused(page, most = 200) {
  const missing = [];
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  let first = null;
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const shown = element.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
      element.dataset.place ??= String(globalThis.places = (globalThis.places ?? 0) + 1);
      return { place: element.dataset.place, shown, frame: element.nodeName === "IFRAME", text: element.outerHTML.slice(0, 120) };
    });
    if (at === null || at.frame) break;
    if (first === at.place) break;
    first ??= at.place;
    if (!at.shown) missing.push(at.text);
  }
  truth(first !== null, "the Tab key reaches nothing");
  return missing;
}

/** Tell how it went; the exit code says it too. */
export async function done(opened) {
  await opened.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
