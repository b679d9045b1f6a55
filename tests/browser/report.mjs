// `report.html` of a fixed notebook, opened as a file in a browser that is offline.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { accessible, browser, caviar, check, done, equal, faint, fits, notebook, open, output, project, shot, truth, unfocused } from "./harness.mjs";

const odd = "<img src=x onerror=window.hurt='name'>.exp";
const small = `data points { source = csv("points.csv", target = kind), normalize = zscore }
network small { dense(4) -> tanh -> dense(classes) -> softmax }
experiment one { data = points, network = small, epochs = 2 }
plot { of = one.best, draw = boundary }
`;
const folder = project({ "page.exp": notebook, [odd]: small });
caviar(folder, "run", "page.exp");
const file = path.join(folder, "page.out/report.html");
const url = pathToFileURL(file).href;
const chrome = await browser();
const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, offline: true });
const { page, seen } = await open(context);
await page.goto(url);
await page.evaluate(() => document.fonts.ready);

await check("nothing goes wrong and nothing is fetched", async () => {
  equal(seen.errors, [], "what the console says");
  equal(seen.requests.filter((asked) => asked !== url && !asked.startsWith("data:")), [], "what was asked for");
});

await check("prose is shown, and markup in it is text", async () => {
  equal(await page.title(), "Where does batch norm go?");
  equal(await page.locator("h1").allTextContents(), ["Where does batch norm go?"]);
  truth((await page.locator(".prose").first().innerText()).includes(`<script>window.hurt = "prose"</script>`), "raw HTML is not shown");
  equal(await page.locator(".prose table td").count(), 4);
  equal(await page.locator("a[href^='https://example.org']").count(), 1);
  equal(await page.locator("a[href^='javascript' i], .prose img").count(), 0, "harmful links");
  equal(await page.locator("a", { hasText: "to a file" }).getAttribute("href"), "../notes.md", "a link beside the notebook");
});

await check("mathematics is MathML in the embedded font", async () => {
  equal(await page.locator("math").count(), 6);
  equal(await page.locator("code.math").count(), 0, "formulas that were not understood");
  truth(!(await page.locator("main").innerText()).includes("nbsp"), "a space is shown by its name");
  const session = await context.newCDPSession(page);
  await session.send("DOM.enable");
  await session.send("CSS.enable");
  const { root } = await session.send("DOM.getDocument", { depth: -1 });
  for (const part of ["math mi", "math mo", "math mn"]) {
    const { nodeId } = await session.send("DOM.querySelector", { nodeId: root.nodeId, selector: part });
    const { fonts } = await session.send("CSS.getPlatformFontsForNode", { nodeId });
    equal(fonts.map((font) => [font.familyName, font.isCustomFont]), [["Caviar Math", true]], `the font of ${part}`);
  }
  // A fraction has its numerator above its denominator, a root its sign around.
  const [above, below] = await page.locator("mfrac").first().evaluate((f) => [...f.children].map((part) => part.getBoundingClientRect().top));
  truth(above < below, "a fraction is not set as one");
});

await check("the text of the page is in the embedded font", async () => {
  const loaded = await page.evaluate(() => [...document.fonts].filter((face) => face.status === "loaded").map((face) => `${face.family} ${face.weight}`).sort());
  equal(loaded.map((face) => face.replaceAll('"', "")), ["Caviar Math 400", "Inter 400", "Inter 600"]);
});

await check("tables sort by click and by keyboard", async () => {
  const table = page.locator("table.sortable", { has: page.locator("th", { hasText: "beta1" }) }).last();
  const column = async (name) => table.evaluate((t, name) => {
    const at = [...t.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === name);
    return [...t.tBodies[0].rows].map((row) => Number(row.cells[at].dataset.v));
  }, name);
  const rising = (list) => list.every((v, i) => i === 0 || list[i - 1] <= v);
  const head = table.locator("th", { hasText: "beta1" });
  truth(!rising(await column("beta1")), "it is sorted before");
  await head.locator("button").click();
  equal(await head.getAttribute("aria-sort"), "ascending");
  truth(rising(await column("beta1")), "not sorted by a click");
  await head.locator("button").press("Enter");
  equal(await head.getAttribute("aria-sort"), "descending");
  truth(rising((await column("beta1")).reverse()), "not turned round by Enter");
  await table.locator("th", { hasText: "norm" }).locator("button").press("Space");
  const labels = await table.evaluate((t) => {
    const at = [...t.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === "norm");
    return [...t.tBodies[0].rows].map((row) => row.cells[at].textContent);
  });
  equal(labels, [...labels].sort(), "sorted by names");
  equal(await head.getAttribute("aria-sort"), null, "the mark of the other column");
});

await check("a wide table is whole or scrolls in its own box, with its first column in place", async () => {
  const box = page.locator(".scroll", { has: page.locator("th", { hasText: "train.accuracy" }) }).last();
  const measured = () => box.evaluate((b) => {
    const place = b.getBoundingClientRect();
    b.scrollLeft = 400;
    return { left: place.left, right: place.right, width: b.clientWidth, content: b.scrollWidth, first: b.querySelector("td").getBoundingClientRect().left, scrolled: b.scrollLeft };
  });
  await page.setViewportSize({ width: 2100, height: 900 });
  const wide = await measured();
  truth(wide.content <= wide.width + 1, `${wide.content} px in ${wide.width} px on a screen of 2100 px`);
  truth(wide.left >= 0 && wide.right <= 2100, "outside of the screen");
  await page.setViewportSize({ width: 800, height: 900 });
  const narrow = await measured();
  truth(narrow.scrolled > 0, "it does not scroll");
  truth(Math.abs(narrow.first - narrow.left) <= 2, "the first column is scrolled away");
  await page.setViewportSize({ width: 1280, height: 800 });
});

const tip = page.locator(".tip");
await check("pictures show values on hover and by keyboard", async () => {
  const pictures = page.locator(".picture > svg");
  equal(await pictures.count(), 7);
  for (let i = 0; i < 7; i++) {
    const svg = pictures.nth(i);
    truth((await svg.getAttribute("aria-label"))?.length > 20, `picture ${i + 1} has no alternative text`);
    await svg.scrollIntoViewIfNeeded();
    const marks = svg.locator("[data-tip]");
    truth(await marks.count() > 0, `picture ${i + 1} has no values`);
    // A pointer that lies over another picture would have its say.
    await page.mouse.move(2, 2);
    await svg.focus();
    await page.keyboard.press("ArrowRight");
    truth(await tip.isVisible() && (await tip.textContent()).length > 2, `picture ${i + 1} shows nothing by keyboard`);
    await page.keyboard.press("Escape");
    truth(await tip.isHidden(), "Escape does not hide it");
    // A mark and a place where the pointer meets it, since others may lie over it: its middle, or a point of its line.
    const place = await svg.evaluate((s) => {
      for (const mark of s.querySelectorAll("[data-tip]")) {
        const box = mark.getBoundingClientRect();
        const places = [{ x: box.left + box.width / 2, y: box.top + box.height / 2 }];
        if (mark instanceof SVGGeometryElement) {
          for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) places.push(mark.getPointAtLength(share * mark.getTotalLength()).matrixTransform(mark.getScreenCTM()));
        }
        for (const { x, y } of places) {
          if (y > 0 && y < innerHeight && document.elementFromPoint(x, y)?.closest("[data-tip]") === mark) return { x, y, text: mark.dataset.tip };
        }
      }
      return null;
    });
    truth(place, `picture ${i + 1} has no mark that the pointer meets`);
    await page.mouse.move(place.x, place.y);
    equal(await tip.textContent(), place.text);
    truth(await tip.isVisible(), "no value on hover");
    const box = await tip.boundingBox();
    truth(box.x >= 0 && box.y >= 0 && box.x + box.width <= 1280 && box.y + box.height <= 800, "the value is outside of the screen");
  }
  await page.mouse.move(2, 2);
});

await check("claims have their verdicts, the source its colours, the footer the lock", async () => {
  equal(await page.locator(".claim.holds, .claim.refuted").count() >= 2, true);
  equal((await page.locator(".claim .verdict").allTextContents()).map((t) => t.trim().split(" ").at(-1)).slice(0, 2).sort(), ["holds", "refuted"]);
  truth(await page.locator("pre.source .hk").count() > 5, "the source has no colours");
  equal((await page.locator("pre.source").textContent()), notebook, "the source");
  truth(/Lock [0-9a-f]+/.test(await page.locator("footer").innerText()), "no digest of the lock");
});

for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme });
  await check(`${scheme}: contrast, labels and roles`, async () => {
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    truth(scheme === "dark" ? Math.max(...ground) < 50 : Math.min(...ground) > 240, `the page is ${ground}`);
    const picture = await page.locator(".picture > svg > rect").first().evaluate((r) => getComputedStyle(r).fill.match(/\d+/g).map(Number));
    truth(scheme === "dark" ? Math.max(...picture) < 50 : Math.min(...picture) > 240, `pictures are ${picture}`);
    await accessible(page);
    equal(await faint(page), [], "faint texts in pictures");
  });
  await page.evaluate(() => scrollTo(0, 0));
  await shot(page, `report-${scheme}`, { fullPage: true });
}
await page.emulateMedia({ colorScheme: "light" });

await check("what has the keyboard's focus shows it", async () => {
  equal(await unfocused(page), [], "without a visible focus");
});

for (const width of [360, 390]) {
  await page.setViewportSize({ width, height: 780 });
  await check(`${width} px: nothing is wider than the screen`, async () => {
    await fits(page);
    const cut = await page.evaluate(() => [...document.querySelectorAll("main *")].filter((e) => {
      if (e.closest(".scroll, .picture, pre, math")) return false;
      const box = e.getBoundingClientRect();
      return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
    }).map((e) => e.outerHTML.slice(0, 80)));
    equal(cut, [], "outside of the screen");
    const small = await page.locator("p").first().evaluate((p) => parseFloat(getComputedStyle(p).fontSize));
    truth(small >= 15, `text of ${small} px`);
    await accessible(page);
  });
  await shot(page, `report-${width}`, { fullPage: true });
}
await page.setViewportSize({ width: 1280, height: 800 });

await check("printed: light, and no picture is cut", async () => {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const [ground, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map((c) => c.match(/\d+/g).map(Number)));
  truth(Math.min(...ground) > 240 && Math.max(...ink) < 60, `${ink} on ${ground}`);
  const picture = await page.locator(".picture > svg > rect").first().evaluate((r) => getComputedStyle(r).fill.match(/\d+/g).map(Number));
  truth(Math.min(...picture) > 240, `pictures are ${picture}`);
  for (const kept of [".picture", ".claim"]) equal(await page.locator(kept).first().evaluate((e) => getComputedStyle(e).breakInside), "avoid", kept);
  // A4 with these margins is 718 px wide: what is wider would be lost.
  await page.setViewportSize({ width: 718, height: 1000 });
  const lost = await page.evaluate(() => [...document.querySelectorAll("table, svg, pre, p")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest("svg svg")).map((e) => e.outerHTML.slice(0, 80)));
  equal(lost, [], "wider than the paper");
  const pdf = await page.pdf({ format: "A4", margin: { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" }, path: output("report.pdf") });
  truth(pdf.subarray(0, 5).toString() === "%PDF-" && pdf.length > 20_000, "no PDF");
  await page.emulateMedia({ media: "screen", colorScheme: "light" });
});

await check("names of files and columns do no harm", async () => {
  equal(await page.evaluate(() => globalThis.hurt), undefined, "what markup in names has done");
  equal(await page.locator("script").count(), 1);
  truth((await page.locator(".picture").nth(3).textContent()).includes("<script>window.hurt"), "the column is not named");
  caviar(folder, "run", odd);
  const other = await open(context);
  await other.page.goto(pathToFileURL(path.join(folder, odd.replace(/exp$/, "out"), "report.html")).href);
  truth((await other.page.locator("footer").innerText()).includes(odd), "the file is not named");
  equal(await other.page.locator("img").count(), 0);
  equal(await other.page.evaluate(() => globalThis.hurt), undefined, "what markup in the file's name has done");
  equal(other.seen.errors, [], "what the console says");
  await other.page.close();
});

await check("the same notebook is the same bytes", async () => {
  const before = fs.readFileSync(file);
  fs.rmSync(path.join(folder, "page.out"), { recursive: true });
  caviar(folder, "run", "page.exp");
  truth(before.equals(fs.readFileSync(file)), "they differ");
});

await check("it reads without its script too", async () => {
  const plain = await chrome.newContext({ viewport: { width: 1280, height: 800 }, offline: true, javaScriptEnabled: false });
  const { page: quiet, seen: noted } = await open(plain);
  await quiet.goto(url);
  equal(await quiet.locator(".picture > svg").count(), 7);
  equal(noted.requests.filter((asked) => asked !== url && !asked.startsWith("data:")), [], "what was asked for");
});

await done(chrome);
