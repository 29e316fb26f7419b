// What a person does: pointer, wheel, keys, search.

import { readRun } from "./model.js";
import { Scale, clockOf, spanOf } from "./scale.js";
import { LOOKS, palette } from "./look.js";
import { groupsOf, podsFound, rowAt, rowsOf } from "./rows.js";
import { NAMES, RULER, draw } from "./draw.js";
import { Looks } from "./looks.js";
import { tellPanel, tellTable, tipOf } from "./tell.js";

const KEYS = [
  ["→ n Space", "next change that kubectl would show"],
  ["← b", "the change before"],
  ["N  B", "next change of what is selected, the one before"],
  ["f  F", "next failure of any pod, which is then selected; the one before"],
  ["Home End", "start and end of the run"],
  ["↑↓ j k", "select a row"],
  ["Enter", "open or close: a pod's containers, a workload's pods"],
  ["O", "containers of all pods"],
  ["+ -  w s", "closer, farther"],
  ["a  d", "earlier, later"],
  ["0", "all of it"],
  ["8", "nodes"],
  ["/", "find"],
  ["T", "as a table"],
  ["Esc", "nothing looked for, nothing selected"],
  [".  ,  p", "where time can be played: the next change, the one before, play and pause"],
  ["?", "this help"],
];

const get = (id) => document.getElementById(id);

export class App {
  constructor(model) {
    this.read(model);
    this.anew();
    this.canvas = get("canvas");
    this.pen = this.canvas.getContext("2d", { alpha: false });
    this.scroll = get("scroll");
    get("keys").querySelector("table").append(...KEYS.map(([keys, does]) => this.keyRow(keys, does)));
    this.listen();
    this.recolour();
    this.relay();
    this.resize();
    this.link();
  }

  read(model) {
    this.run = readRun(model);
    this.groups = groupsOf(this.run);
    const pods = this.groups.length === 1 ? this.groups[0].name : `${this.run.pods.length} pods`;
    get("title").textContent = this.run.scenario || pods;
    get("about").textContent = get("about").title = this.run.description;
    document.title = `${get("title").textContent} · kubelapse`;
  }

  /** All of a run that nobody has looked at yet. */
  anew() {
    const { run } = this;
    // Nodes are shown where something became of one.
    const nodes = run.nodes.some((node) => node.troubled);
    this.view = { closed: new Set(), open: new Set(), find: "", nodes, all: run.pods.length <= 12 };
    this.scale ??= new Scale(run.end);
    this.scale.end = run.end;
    // Where all happens at the beginning that is shown first; how much of the run it is stands over the names.
    this.scale.show(0, run.last * 6 < run.end ? run.last * 1.3 : run.end);
    this.cursor = 0;
    this.selected = null;
    this.told = null;
    get("find").value = "";
  }

  /** Another run in the place of this one. */
  opens(model) {
    this.read(model);
    this.anew();
    this.relay();
  }

  /** The same run, gone on or back: who looked at its end goes on doing so, and what was selected stays so. */
  goesOn(model) {
    const { selected, run, scale } = this;
    const [follows, whole] = [this.cursor >= run.end, scale.to - scale.from >= scale.end];
    this.read(model);
    scale.end = this.run.end;
    if (whole) scale.show(0, this.run.end);
    const marks = (one) => JSON.stringify([one.key, one.kind, one.namespace, one.name, Boolean(one.containers), Boolean(one.stands)]);
    const own = selected && marks(selected);
    const all = [...this.groups, ...this.run.pods, ...this.run.nodes, ...this.run.objects];
    if (Array.isArray(selected)) this.selected = this.run.deeds;
    else this.selected = selected && (all.find((one) => one.name === selected.name && marks(one) === own) ?? null);
    if (follows || this.cursor > this.run.end) this.goTo(this.run.end);
    this.told = null;
    this.relay();
  }

  /** The server's clock, and what is done there. */
  follow(live) {
    this.live = live;
    this.telling = new Looks(get("looks"), get("panel"), get("answer"), live);
    get("clock").hidden = false;
    this.cursor = this.run.end;
    const says = async (path, body) => {
      get("said").textContent = get("said").title = await live.does(path, body);
    };
    this.clock = {
      ",": () => says("clock/back"),
      ".": () => says("clock/step"),
      p: () => says(this.plays ? "clock/pause" : `clock/resume?speed=${get("speed").value}`),
    };
    for (const [id, key] of Object.entries({ back: ",", step: ".", play: "p" })) get(id).addEventListener("click", this.clock[key]);
    get("speed").addEventListener("change", () => this.plays && says(`clock/resume?speed=${get("speed").value}`));
    // An instant, or what is to be so.
    const to = (text) => (/[=<>]/.test(text) ? `clock/until?what=${encodeURIComponent(text)}` : `clock/goto?at=${encodeURIComponent(text)}`);
    this.onEnter("goto", (text) => says(to(text)));
    this.onEnter("do", (text) => says("do", text));
  }

  /** What is typed counts with Enter alone: whoever leaves a field has thought better of it. */
  onEnter(id, act) {
    get(id).addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.value.trim()) act(event.target.value.trim());
      if (event.key === "Escape") event.target.value = "";
    });
  }

  clockSays(clock) {
    get("banner").hidden = !clock.lost;
    if (clock.lost) {
      get("banner").textContent = `The server does not answer (${clock.lost}). What is seen is how it stood last.`;
      return;
    }
    this.plays = clock.speed !== undefined && clock.speed !== "paused";
    get("play").textContent = this.plays ? "Pause" : "Play";
    get("play").setAttribute("aria-pressed", this.plays);
    const speeds = get("speed");
    if (this.plays && document.activeElement !== speeds && [...speeds.options].some((one) => one.value === clock.speed)) speeds.value = clock.speed;
  }

  /** `#t=12.5&select=web-0`: what a link shows, in seconds and by name. */
  link(hash = location.hash) {
    const asked = new URLSearchParams(hash.slice(1));
    const named = [...this.run.pods, ...this.groups, ...this.run.nodes].find((one) => one.name === asked.get("select"));
    if (named) {
      this.selected = named;
      this.choose(0);
    }
    const t = Number(asked.get("t")) * 1000;
    if (asked.has("t") && Number.isFinite(t)) this.goTo(t);
  }

  keyRow(keys, does) {
    const row = document.createElement("tr");
    for (const text of [keys, does]) row.append(Object.assign(document.createElement("td"), { textContent: text }));
    return row;
  }

  listen() {
    new ResizeObserver(() => this.resize()).observe(get("scene"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    this.scroll.addEventListener("scroll", () => this.redraw());
    this.scroll.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.scroll.addEventListener("pointerdown", (event) => this.press(event));
    this.scroll.addEventListener("pointermove", (event) => this.point(event));
    this.scroll.addEventListener("pointerleave", () => (get("tip").hidden = true));
    this.scroll.addEventListener("pointerup", (event) => this.release(event));
    this.scroll.addEventListener("dblclick", (event) => this.closer(0.4, this.scale.t(event.offsetX)));
    document.addEventListener("keydown", (event) => this.key(event));
    get("find").addEventListener("input", (event) => this.lookFor(event.target.value));
    const press = { fit: "0", closer: "+", farther: "-", open: "O", lanes: "8", "as-table": "T", help: "?" };
    for (const [id, key] of Object.entries(press)) get(id).addEventListener("click", () => this.does(key));
    get("theme").addEventListener("click", () => this.turnTheme());
  }

  lookFor(text) {
    this.view.find = text.trim().toLowerCase();
    if (get("find").value !== text) get("find").value = text;
    this.told = null;
    this.relay();
  }

  turnTheme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    this.recolour();
  }

  recolour() {
    this.palette = palette(this.pen);
    this.redraw();
  }

  looks() {
    return Object.values(LOOKS);
  }

  resize() {
    const { clientWidth, clientHeight } = get("scene");
    this.density = window.devicePixelRatio || 1;
    [this.width, this.height] = [clientWidth, clientHeight];
    this.canvas.width = Math.round(clientWidth * this.density);
    this.canvas.height = Math.round(clientHeight * this.density);
    this.canvas.style.width = `${clientWidth}px`;
    this.canvas.style.height = `${clientHeight}px`;
    this.scale.left = NAMES;
    this.scale.width = Math.max(clientWidth - NAMES - 18, 50);
    // At once: a canvas that has another size is empty.
    this.paint();
  }

  relay() {
    this.layout = rowsOf(this.run, this.groups, this.view);
    get("space").style.height = `${this.layout.height + RULER + 8}px`;
    get("found").textContent = this.view.find ? `${this.layout.found} of ${this.run.pods.length}` : "";
    get("open").setAttribute("aria-pressed", this.view.all);
    get("lanes").setAttribute("aria-pressed", this.view.nodes);
    this.redraw();
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.paint();
    });
  }

  paint() {
    this.scrolled = this.scroll.scrollTop;
    draw(this);
    const words = `${spanOf(this.cursor)}  ·  ${clockOf(this.run, this.cursor)}`;
    if (get("now").textContent !== words) get("now").textContent = words;
    const told = { selected: this.selected, cursor: this.cursor, table: !get("table").hidden, palette: this.palette };
    if (Object.entries(told).every(([key, value]) => this.told?.[key] === value)) return;
    // Who marks text there wants to copy it.
    const marked = getSelection();
    if (!marked.isCollapsed && get("panel").contains(marked.anchorNode)) return;
    this.told = told;
    this.telling?.show(this.selected, this.cursor);
    tellPanel(get("panel"), this.run, this.selected, this.cursor, this.palette);
    if (told.table) tellTable(get("table"), this.run, this.groups, this.cursor, this.view.find, (pod) => this.selects(pod));
  }

  /** Selects a pod, and shows it. */
  selects(pod) {
    const group = this.groups.find((one) => one.pods.includes(pod));
    this.view.closed.delete(group.key);
    if (!podsFound(group, this.view.find).includes(pod)) this.lookFor("");
    this.selected = pod;
    this.relay();
    this.choose(0);
  }

  rowUnder(event) {
    const y = event.clientY - this.scroll.getBoundingClientRect().top;
    if (y < RULER) return null;
    return this.layout.rows[rowAt(this.layout.rows, y - RULER + this.scroll.scrollTop)] ?? null;
  }

  place(event) {
    return event.clientX - this.scroll.getBoundingClientRect().left;
  }

  wheel(event) {
    const over = event.clientY - this.scroll.getBoundingClientRect().top < RULER;
    if (event.ctrlKey || event.metaKey || over) this.scale.zoom(Math.exp(event.deltaY * 0.002), this.scale.t(this.place(event)));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.scale.move(((event.deltaX || event.deltaY) / this.scale.width) * (this.scale.to - this.scale.from));
    } else return;
    event.preventDefault();
    this.redraw();
  }

  press(event) {
    if (event.button !== 0 || event.offsetX >= this.scroll.clientWidth) return;
    this.drag = { x: event.clientX, from: this.scale.from, moved: false };
    this.scroll.setPointerCapture(event.pointerId);
  }

  point(event) {
    const { drag } = this;
    if (drag) {
      const by = event.clientX - drag.x;
      drag.moved ||= Math.abs(by) > 3;
      const span = this.scale.to - this.scale.from;
      if (drag.moved) this.scale.show(drag.from - (by / this.scale.width) * span, drag.from - (by / this.scale.width) * span + span);
      this.redraw();
    }
    const row = this.rowUnder(event);
    const tip = get("tip");
    tip.hidden = !row || this.place(event) < NAMES || row.kind === "label";
    if (tip.hidden) return;
    // As far as a mark is drawn from its instant.
    const reach = ((this.scale.to - this.scale.from) / this.scale.width) * 5;
    tip.textContent = tipOf(this.run, row, Math.min(Math.max(this.scale.t(this.place(event)), 0), this.run.end), reach);
    tip.hidden = !tip.textContent;
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  }

  release(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag || drag.moved) return;
    const row = this.rowUnder(event);
    if (this.place(event) >= NAMES) this.goTo(this.scale.t(this.place(event)));
    if (!row) return;
    const again = this.selected === subjectOf(row);
    this.selected = subjectOf(row);
    if (this.place(event) < NAMES && (again || (row.kind === "group" && this.place(event) < 22))) this.toggle();
    this.canvas.focus({ preventScroll: true });
    this.redraw();
  }

  goTo(t) {
    this.cursor = Math.min(Math.max(t, 0), this.run.end);
    this.scale.reveal(this.cursor);
    this.redraw();
  }

  closer(factor, about) {
    this.scale.zoom(factor, about ?? this.cursor);
    this.redraw();
  }

  /** To the next of sorted instants, or to the one before. */
  along(instants, forward) {
    const next = forward ? instants.find((t) => t > this.cursor) : instants.findLast((t) => t < this.cursor);
    if (next !== undefined) this.goTo(next);
    // Before the first change lies the start.
    else if (!forward) this.goTo(0);
  }

  ownChanges() {
    if (this.selected?.changes) return this.selected.changes;
    const pods = this.selected?.pods ?? [];
    return pods.length ? pods.flatMap((pod) => pod.changes).sort((a, b) => a - b) : this.run.changes;
  }

  /** To the next failure of those pods that are looked for, or to the one before; selects its pod. */
  fails(forward) {
    const own = new Set(this.groups.flatMap((group) => podsFound(group, this.view.find)));
    const all = this.run.failures.filter((one) => own.has(one.pod));
    const at = this.selected?.containers ? this.selected.ix : forward ? Infinity : -1;
    const isAfter = (one) => one.t > this.cursor || (one.t === this.cursor && one.pod.ix > at);
    const isBefore = (one) => one.t < this.cursor || (one.t === this.cursor && one.pod.ix < at);
    const next = forward ? all.find(isAfter) : all.findLast(isBefore);
    if (!next) return;
    this.selects(next.pod);
    this.goTo(next.t);
  }

  choose(by) {
    const rows = this.layout.rows.filter((row, at, all) => subjectOf(row) && subjectOf(row) !== subjectOf(all[at - 1] ?? {}));
    const at = rows.findIndex((row) => subjectOf(row) === this.selected);
    const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (!row) return;
    this.selected = subjectOf(row);
    const [top, bottom] = [row.y, row.y + row.h];
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (bottom > this.scroll.scrollTop + this.height - RULER) this.scroll.scrollTop = bottom - this.height + RULER + 8;
    this.redraw();
  }

  toggle() {
    const { selected, view } = this;
    const [set, key] = selected?.key ? [view.closed, selected.key] : [view.open, selected?.ix];
    if (!selected || (!selected.key && !selected.containers)) return;
    if (!set.delete(key)) set.add(key);
    this.relay();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || get("keys").open) return;
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    if (typing && event.key === "Enter" && event.target !== get("find")) return;
    if (typing && !["Escape", "Enter"].includes(event.key)) return;
    if (["BUTTON", "SUMMARY"].includes(event.target.tagName) && [" ", "Enter"].includes(event.key)) return;
    if (event.target.closest("[data-own-keys]") && event.key !== "Escape") return;
    if (typing && event.key === "Escape" && event.target.id === "find") this.lookFor("");
    if (typing) this.canvas.focus({ preventScroll: true });
    else if (!this.does(event.key)) return;
    event.preventDefault();
  }

  does(key) {
    const span = this.scale.to - this.scale.from;
    const all = {
      "+": () => this.closer(0.6),
      "-": () => this.closer(1 / 0.6),
      0: () => this.scale.show(0, this.run.end),
      a: () => this.scale.move(-span * 0.2),
      d: () => this.scale.move(span * 0.2),
      n: () => this.along(this.run.changes, true),
      b: () => this.along(this.run.changes, false),
      N: () => this.along(this.ownChanges(), true),
      B: () => this.along(this.ownChanges(), false),
      f: () => this.fails(true),
      F: () => this.fails(false),
      Home: () => this.goTo(0),
      End: () => this.goTo(this.run.end),
      j: () => this.choose(1),
      k: () => this.choose(-1),
      Enter: () => this.toggle(),
      O: () => (this.view.all = !this.view.all),
      8: () => (this.view.nodes = !this.view.nodes),
      "/": () => get("find").focus(),
      T: () => this.turnTable(),
      Escape: () => (this.view.find ? this.lookFor("") : (this.selected = null)),
      "?": () => get("keys").showModal(),
    };
    const same = { "=": "+", w: "+", s: "-", " ": "n", ArrowRight: "n", ArrowLeft: "b", ArrowDown: "j", ArrowUp: "k" };
    const act = all[same[key] ?? key] ?? this.clock?.[key];
    if (!act) return false;
    act();
    if (["O", "8"].includes(key)) this.relay();
    this.redraw();
    return true;
  }

  turnTable() {
    const table = get("table");
    table.hidden = !table.hidden;
    get("as-table").setAttribute("aria-pressed", !table.hidden);
  }
}

/** What is selected when a row is. */
function subjectOf(row) {
  return row.deeds ?? row.pod ?? row.group ?? row.node ?? row.object ?? null;
}
