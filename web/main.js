// The playground and the course: a text at the left, its life at the right, and all of it in the address.

import { App } from "./app.js";
import { Course } from "./course.js";
import { Editor } from "./editor.js";
import { packed, unpacked } from "./fragment.js";
import { Local } from "./local.js";
import { spanOf } from "./scale.js";

const get = (id) => document.getElementById(id);

/** What is drawn before anything is open. */
const NOTHING = { model: 1, program: "", start: "1970-01-01T00:00:00Z", end: 0, until: 0, texts: [], nodes: [], objects: [], pods: [] };
/** What a stranger sees first. */
const FIRST = "crash-loop";
/** So much of what was said is kept in sight. */
const SPOKEN = 20_000;
const LOOKS = /^(kubectl |get|describe|why|events|logs|strip|tree|history)/;

class Playground {
  constructor() {
    document.querySelector("main").prepend(get("left"));
    this.app = new App(NOTHING);
    this.local = new Local((text) => this.tell(text), (state) => this.stands(state));
    this.local.follow(this.app, (words) => this.speak(words));
    this.app.follow(this.local);
    this.editor = new Editor(get("text"), get("gutter"), get("problems"), () => this.play());
    const places = { contents: get("contents"), summary: get("summary"), one: get("lesson"), title: get("lesson-title"), story: get("story") };
    Object.assign(places, { question: get("question"), legend: get("ask"), choices: get("choices"), hint: get("hint"), skip: get("skip"), score: get("score") });
    Object.assign(places, { moves: get("moves"), back: get("to-contents"), questions: get("questions"), path: get("path") });
    const does = { open: (name) => this.learn(name), say: (words) => this.speak(words), ask: (what) => this.local.ask(what), leave: () => this.turn(true) };
    this.course = new Course(places, does);
    this.listen();
  }

  listen() {
    get("run").addEventListener("click", () => this.play());
    get("stop").addEventListener("click", () => this.local.stop());
    get("seed").addEventListener("change", () => this.play());
    get("examples").addEventListener("change", (event) => this.example(event.target.value));
    get("link").addEventListener("click", () => this.copy());
    get("save").addEventListener("click", () => this.save());
    get("to-playground").addEventListener("click", () => this.turn(false));
    get("to-course").addEventListener("click", () => this.turn(true));
    get("questions").addEventListener("change", () => this.course.lesson && this.learn(this.course.lesson.name));
    addEventListener("hashchange", () => this.fromAddress());
    get("line").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.speak(event.target.value.trim() || "next");
      event.target.value = "";
    });
  }

  async begin() {
    const { catalogue, problems } = await this.local.ask({ catalogue: {} });
    if (problems) return this.tell(problems);
    this.catalogue = catalogue;
    const groups = new Map();
    for (const own of catalogue) {
      if (!groups.has(own.topic)) groups.set(own.topic, Object.assign(document.createElement("optgroup"), { label: own.topic }));
      const words = own.description ? `${own.name}: ${own.description}` : own.name;
      groups.get(own.topic).append(Object.assign(document.createElement("option"), { value: own.name, textContent: words }));
    }
    get("examples").append(...groups.values());
    await this.fromAddress();
    document.documentElement.dataset.ready = "yes";
  }

  /** What the address asks for. */
  async fromAddress() {
    if (location.hash === this.hash) return;
    const { hash } = location;
    const asked = new URLSearchParams(hash.slice(1));
    this.hash = hash;
    try {
      if (asked.has("lesson")) await this.learn(asked.get("lesson"));
      else if (asked.has("course")) await this.turn(true);
      else if (asked.has("play")) {
        const { text, seed, acts } = await unpacked(asked.get("play"));
        this.shown(false);
        this.editor.set(text);
        get("seed").value = seed ?? "";
        await this.play(acts);
      } else await this.example(asked.get("example") ?? FIRST);
      this.app.link(hash);
    } catch (problem) {
      // A page without a run tells a stranger nothing.
      if (this.opened === undefined) await this.example(FIRST);
      this.editor.tell(`error: ${problem.message}\n`);
    }
  }

  async example(name) {
    const found = this.catalogue.find((own) => own.name === name);
    if (!found) throw new Error(`no example is called ${name}`);
    this.shown(false);
    get("examples").value = name;
    get("seed").value = "";
    this.editor.set(found.text);
    await this.play();
  }

  shown(isCourse) {
    get("playground").hidden = isCourse;
    get("course").hidden = !isCourse;
    get("to-playground").setAttribute("aria-pressed", !isCourse);
    get("to-course").setAttribute("aria-pressed", isCourse);
    get("told").replaceChildren();
  }

  async turn(isCourse) {
    this.local.stop();
    if (!isCourse) {
      this.course.lesson = null;
      if (!get("text").value) return this.example(FIRST);
      this.shown(false);
      return this.play();
    }
    this.shown(true);
    this.address("#course=1");
    await this.course.list();
  }

  /** A lesson: nothing is played ahead of whoever learns. */
  async learn(name) {
    const found = this.catalogue.find((own) => own.name === name);
    if (!found) throw new Error(`no lesson is called ${name}`);
    this.shown(true);
    const isHeld = this.course.wantsQuestions();
    const answer = await this.local.open(found.text, { lesson: isHeld });
    if (answer.problems) return this.tell(answer.problems);
    this.local.isLesson = true;
    this.address(`#lesson=${encodeURIComponent(name)}`);
    this.app.opens(await this.view());
    this.course.begin(name, answer.opened);
  }

  async view() {
    const model = await this.local.view();
    // What a lesson's scenario says of itself would give away what is to be found out.
    return this.local.isLesson ? { ...model, description: "" } : model;
  }

  /** Plays what stands at the left, and draws it. */
  async play(acts = []) {
    const text = get("text").value;
    const seed = get("seed").value.trim() === "" ? null : Number(get("seed").value);
    if (seed !== null && !(Number.isSafeInteger(seed) && seed >= 0)) return this.editor.tell("error: the seed is a whole number, 0 or more\n");
    const own = (this.playing = (this.playing ?? 0) + 1);
    const isNews = (answer) => own !== this.playing || answer === null;
    const answer = await this.local.open(text, { seed, acts: Array.isArray(acts) ? acts : [] });
    if (isNews(answer)) return undefined;
    // What is drawn then is of the text before.
    get("scene").toggleAttribute("data-old", Boolean(answer.problems));
    if (answer.problems) {
      this.remember();
      get("run-says").textContent = "What is drawn is of the text as it was before.";
      return this.editor.tell(answer.problems, this.file(answer.problems));
    }
    const { opened } = answer;
    this.isManifest = opened.isManifest;
    const told = [opened.warnings, ...opened.told.map((line) => `assumed: ${line}\n`)].join("");
    this.editor.tell(told, opened.isManifest ? "manifest.yaml" : "scenario.toml");
    const end = await this.toEnd();
    if (own !== this.playing) return undefined;
    const model = await this.view();
    if (own !== this.playing) return undefined;
    const { state } = this;
    const answers = [...state.warnings, ...state.answers].map((line) => `${line}\n`).join("");
    if (end || answers) this.editor.tell(end + told + answers, opened.isManifest ? "manifest.yaml" : "scenario.toml");
    if (opened.name === this.opened) this.app.goesOn(model);
    else this.app.opens(model);
    this.opened = opened.name;
    this.sums(state);
    return this.remember();
  }

  /** What was played, so that two can say whether they see the same. */
  sums(state) {
    get("run-says").textContent = `seed ${this.local.opened.seed}, ${state.position} steps, digest ${state.digest}`;
  }

  file(problems) {
    return problems.includes("manifest.yaml:") ? "manifest.yaml" : "scenario.toml";
  }

  /** Plays on; what is to be told if it does not come to the end. */
  async toEnd() {
    get("stop").hidden = false;
    const began = performance.now();
    const { end, why, state } = await this.local.played((now) => {
      if (performance.now() - began > 400) get("run-says").textContent = `played up to ${spanOf(now.now)}…`;
    });
    get("stop").hidden = true;
    if (end) return "";
    if (why === "large") {
      const to = spanOf(Math.floor(state.now / 1000) * 1000);
      return (
        `This run is more than a page can show: ${state.rows} rows of ${state.position} steps by ${to}. It is drawn up to there. ` +
        `What fits: an earlier end (until = "${to}"), or fewer replicas. The program plays all of it: kubelapse run FILE, and ` +
        "--format svg or --format perfetto are pictures of any size.\n"
      );
    }
    return why || "Stopped; it is drawn as far as it was played.\n";
  }

  /** A line that was typed, said at the cursor. */
  async speak(words) {
    this.local.pause();
    // A lesson goes on from where it has come to; whoever looks, looks at the cursor.
    const at = this.local.isLesson && !LOOKS.test(words) ? null : this.app.cursor;
    const answer = await this.local.say(words, at);
    this.tell(`> ${words}\n${answer.text}`);
    const { state } = answer;
    if (!state) return "";
    if (answer.acted && !this.local.isLesson) {
      const end = await this.toEnd();
      if (end) this.editor.tell(end);
      this.sums(this.state);
    }
    if (answer.changed) this.app.goesOn(await this.view());
    this.app.goTo(state.now);
    if (answer.acted) this.remember();
    return answer.text.split("\n")[0];
  }

  tell(text) {
    const told = get("told");
    told.textContent = (told.textContent + text).slice(-SPOKEN);
    told.scrollTop = told.scrollHeight;
  }

  stands(state) {
    this.state = state;
    this.course?.stands(state);
  }

  address(hash) {
    this.hash = hash;
    history.replaceState(null, "", hash);
  }

  /** The address holds what is played, with what was done to it. */
  async remember() {
    if (this.local.isLesson) return;
    const text = get("text").value;
    const seed = get("seed").value.trim() === "" ? null : Number(get("seed").value);
    const { acts } = this.local;
    const shipped = this.catalogue.find((own) => own.text === text);
    if (shipped && seed === null && !acts.length) return this.address(`#example=${encodeURIComponent(shipped.name)}`);
    get("examples").value = shipped?.name ?? "";
    this.address(`#play=${await packed({ text, seed, acts })}`);
  }

  async copy() {
    const { app } = this;
    const more = new URLSearchParams({ t: String(app.cursor / 1000) });
    if (app.selected?.name) more.set("select", app.selected.name);
    const link = `${location.href.split("&t=")[0]}&${more}`;
    try {
      await navigator.clipboard.writeText(link);
      get("run-says").textContent = "The link is copied: it holds all of this, and nothing was sent anywhere.";
    } catch {
      this.address(new URL(link).hash);
      get("run-says").textContent = "The link stands in the address.";
    }
  }

  /** The scenario with what was done to it, as a file. */
  async save() {
    const { text, problems } = await this.local.ask({ saved: {} });
    if (problems) return this.tell(problems);
    const url = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
    Object.assign(document.createElement("a"), { href: url, download: `${this.opened ?? "scenario"}.toml` }).click();
    URL.revokeObjectURL(url);
    if (this.isManifest) get("run-says").textContent = "It applies manifest.yaml: save what stands at the left beside it.";
  }
}

window.playground = new Playground();
window.kubelapse = window.playground.app;
window.playground.begin();
