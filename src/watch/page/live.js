"use strict";
(() => {
  const notebooks = new Map();
  let shown = null;
  let connected = false;
  const by = (id) => document.getElementById(id);

  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function draw(name, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /* A number at an axis. */
  const tick = (x) => x !== 0 && Math.abs(x) < 0.001 ? x.toExponential(1).replace("-", "−") : Number(x.toPrecision(3)).toString();
  const short = (x) => (x === null || x === undefined) ? "–" : Number(x.toPrecision(4)).toString();

  function duration(seconds) {
    if (seconds === null || seconds === undefined) return "";
    if (seconds < 1) return ", under a second left";
    if (seconds < 90) return `, ${Math.round(seconds)} s left`;
    if (seconds < 5400) return `, ${Math.round(seconds / 60)} min left`;
    return `, ${(seconds / 3600).toFixed(1)} h left`;
  }

  function tabs() {
    const nav = by("notebooks");
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.number : undefined;
    nav.replaceChildren();
    for (const [number, live] of notebooks) {
      const button = make("button", { type: "button", "data-number": number, "data-status": live.status });
      if (number === shown) button.setAttribute("aria-current", "true");
      button.append(make("span", { class: "dot", "aria-hidden": "true" }), live.name);
      button.addEventListener("click", () => {
        history.replaceState(null, "", `#${encodeURIComponent(live.name)}`);
        frames.clear();
        paint();
      });
      nav.append(button);
      if (String(number) === focused) button.focus();
    }
  }

  function status(live) {
    const words = { waiting: "waiting", running: "training", current: "up to date", broken: "broken", failed: "failed" };
    let kind = live ? live.status : "waiting";
    let text = live ? words[live.status] + (live.message ? `: ${live.message}` : "") : "no notebook yet";
    if (!connected) { kind = "lost"; text = "connection lost, trying again"; }
    const place = by("status");
    if (place.textContent !== text) place.textContent = text;
    place.dataset.status = kind;
    document.title = live ? `${live.name} – ${connected ? words[live.status] : "disconnected"}` : "caviar";
  }

  function problems(live) {
    const place = by("problems");
    place.replaceChildren();
    place.hidden = !live || live.problems.length === 0;
    if (place.hidden) return;
    const errors = live.problems.filter((p) => p.severity === "error").length;
    const warnings = live.problems.length - errors;
    const count = (n, word) => n === 0 ? [] : [`${n} ${word}${n === 1 ? "" : "s"}`];
    place.append(make("h2", {}, [...count(errors, "mistake"), ...count(warnings, "warning")].join(", ")));
    for (const problem of live.problems) {
      place.append(make("pre", { tabindex: "0" }, problem.text || `${problem.place}: ${problem.message}`));
    }
  }

  function progress(live) {
    const place = by("progress");
    const entries = live && live.status === "running" ? Object.entries(live.progress).filter(([, p]) => p.total > 0) : [];
    place.hidden = entries.length === 0;
    place.replaceChildren(...entries.map(([name, p]) => {
      /* A single model counts its epochs. */
      const curve = p.total === 1 && p.done === 0 ? live.curves.findLast((c) => c.experiment === name) : undefined;
      const [done, total, what] = curve ? [latest(curve), curve.epochs, "epoch "] : [p.done, p.total, ""];
      return make("div", { class: "row" },
        make("span", { class: "name", title: name }, name),
        make("progress", { max: total, value: done, "aria-label": name }),
        make("span", { class: "count" }, `${what}${done} of ${total}${done < total ? duration(p.left) : ""}`));
    }));
  }

  /* The last epoch that a curve has. */
  const latest = (curve) => curve.at.at(-1) ?? 0;

  const colors = ["var(--one)", "var(--two)", "var(--three)", "var(--four)"];

  /* Losses, or whatever there is: at most four lines, each labelled where it ends. */
  function curve(c) {
    let names = Object.keys(c.series).filter((name) => name.endsWith(".loss"));
    if (names.length === 0) names = Object.keys(c.series);
    names = names.sort().slice(0, 4);
    const [width, height, left, right, top, bottom] = [440, 210, 56, 86, 18, 26];
    const values = names.flatMap((name) => c.series[name]).filter((v) => v !== null);
    const title = `${c.experiment}, trial ${c.trial + 1}` + (c.repetition > 0 ? `, seed ${c.repetition + 1}` : "");
    const [first, last] = [c.at[0] ?? 1, latest(c)];
    const figure = make("figure", {}, make("figcaption", {}, `${title}: epoch ${last} of ${c.epochs}; `
      + Object.keys(c.series).sort().map((name) => `${name} ${short(c.series[name].at(-1))}`).join(", ")));
    if (values.length === 0) return figure;
    let [low, high] = values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
    const log = low > 0 && high / low > 30;
    const scale = log ? Math.log10 : (v) => v;
    if (low === high) { low = log ? low / 2 : low - 0.5; high = log ? high * 2 : high + 0.5; }
    /* The axis ends where training will, or, early on, at a half, a quarter, … of the way, so that the curve fills half of it. */
    let end = Math.max(c.epochs, last, first + 1);
    while ((end - first) / 2 > Math.max(last - first, 1)) end = first + Math.ceil((end - first) / 2);
    const x = (epoch) => left + (width - left - right) * (epoch - first) / (end - first);
    const y = (v) => top + (height - top - bottom) * (scale(high) - scale(v)) / (scale(high) - scale(low));
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": figure.textContent });
    svg.append(draw("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
    const middle = log ? Math.sqrt(low * high) : (low + high) / 2;
    for (const v of [low, middle, high]) {
      svg.append(draw("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end" }, tick(v)));
    }
    svg.append(draw("text", { x: left, y: height - 8, "text-anchor": "middle" }, String(first)));
    svg.append(draw("text", { x: width - right, y: height - 8, "text-anchor": "middle" }, String(end)));
    svg.append(draw("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, "epoch"));
    if (log) svg.append(draw("text", { x: left, y: 11, "text-anchor": "start" }, "log scale"));
    for (const epoch of c.changes) {
      const mark = draw("path", { class: "change", d: `M${x(epoch)} ${top}V${height - bottom}` });
      mark.append(draw("title", {}, `settings changed at epoch ${epoch}`));
      svg.append(mark);
    }
    const labels = [];
    names.forEach((name, i) => {
      let path = "", pen = false, end = null;
      c.series[name].forEach((v, k) => {
        if (v === null) { pen = false; return; }
        end = [x(c.at[k]), y(v)];
        path += `${pen ? "L" : "M"}${end[0].toFixed(1)} ${end[1].toFixed(1)}`;
        pen = true;
      });
      if (end === null) return;
      const line = draw("path", { class: "line", d: path });
      line.style.stroke = colors[i];
      svg.append(line);
      if (c.series[name].length === 1) {
        const dot = draw("circle", { cx: end[0], cy: end[1], r: 3 });
        dot.style.fill = colors[i];
        svg.append(dot);
      }
      labels.push({ name, color: colors[i], x: end[0], y: end[1] });
    });
    labels.sort((a, b) => a.y - b.y).forEach((label, i) => {
      if (i > 0) label.y = Math.max(label.y, labels[i - 1].y + 13);
    });
    const over = labels.length > 0 ? Math.max(0, labels.at(-1).y - (height - bottom)) : 0;
    for (const label of labels) {
      const text = draw("text", { x: label.x + 6, y: label.y - over - 2 }, label.name);
      text.style.fill = label.color;
      svg.append(text);
    }
    figure.prepend(svg);
    return figure;
  }

  function curves(live) {
    const place = by("curves");
    const list = live && live.status !== "current" ? live.curves : live && live.curves.length === 1 ? live.curves : [];
    place.hidden = list.length === 0;
    place.replaceChildren(...list.map(curve));
  }

  function trials(live) {
    const place = by("trials");
    const entries = live ? Object.entries(live.progress).filter(([, p]) => p.rows.length > 0) : [];
    place.hidden = entries.length === 0;
    by("tables").replaceChildren(...entries.map(([name, p]) => {
      const columns = (key) => [...new Set(p.rows.flatMap((row) => Object.keys(row[key])))];
      const [settings, objectives] = [columns("settings"), columns("objectives")];
      const cells = (kind, texts) => make("tr", {}, ...texts.map((text) => make(kind, kind === "th" ? { scope: "col" } : {}, text)));
      const rows = [...p.rows].reverse().map((row) => cells("td", [String(row.trial + 1),
        ...settings.map((key) => row.settings[key] ?? ""), ...objectives.map((key) => short(row.objectives[key])), row.outcome]));
      return make("table", {}, make("caption", {}, name), make("thead", {}, cells("th", ["trial", ...settings, ...objectives, "outcome"])),
        make("tbody", {}, ...rows));
    }));
  }

  /* The next report loads behind the one that is shown, and takes its place where the reader was. */
  const frames = {
    number: null, version: 0, current: null, next: null,
    clear() {
      for (const frame of [this.current, this.next]) if (frame) frame.remove();
      [this.number, this.version, this.current, this.next] = [null, 0, null, null];
    },
    show(number, version) {
      by("none").hidden = version > 0;
      if (version === 0) { this.clear(); return; }
      if (this.number === number && this.version === version) return;
      [this.number, this.version] = [number, version];
      if (this.next) this.next.remove();
      const frame = make("iframe", { class: "loading", title: "Report", src: `/report/${number}?${version}` });
      frame.addEventListener("load", () => {
        if (frame !== this.next) return;
        const old = this.current;
        if (old) {
          try { frame.contentWindow.scrollTo(old.contentWindow.scrollX, old.contentWindow.scrollY); } catch (_) { /* its page is gone */ }
          old.remove();
        }
        frame.classList.remove("loading");
        [this.current, this.next] = [frame, null];
      });
      this.next = frame;
      by("report").append(frame);
    },
  };

  /* The notebook that the address names, so that it is found again; else the first. */
  function choose() {
    let wanted = location.hash.slice(1);
    try { wanted = decodeURIComponent(wanted); } catch (_) { /* no name of ours */ }
    for (const [number, live] of notebooks) if (live.name === wanted) return number;
    return notebooks.size > 0 ? Math.min(...notebooks.keys()) : null;
  }

  function paint() {
    shown = choose();
    const live = shown === null ? null : notebooks.get(shown);
    tabs();
    status(live);
    problems(live);
    progress(live);
    curves(live);
    trials(live);
    const stale = live && (live.status === "broken" || live.status === "failed") && live.report > 0;
    by("report").classList.toggle("stale", Boolean(stale));
    frames.show(shown, live ? live.report : 0);
  }

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
    /* A page in the background paints nothing; its title still counts. */
    if (document.hidden) status(shown === null ? null : notebooks.get(shown));
  }

  let source = null;
  function follow() {
    source = new EventSource("/events");
    source.addEventListener("open", () => {
      connected = true;
      /* Another server counts its reports anew. */
      notebooks.clear();
      frames.version = -1;
      soon();
    });
    source.addEventListener("error", () => {
      connected = false;
      soon();
      /* A refusal, as of one tab too many, ends it; a lost connection does not. */
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
    });
    source.addEventListener("notebook", (event) => {
      const { number, notebook } = JSON.parse(event.data);
      if (notebook === null) notebooks.delete(number); else notebooks.set(number, notebook);
      soon();
    });
  }
  follow();
  addEventListener("hashchange", soon);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
