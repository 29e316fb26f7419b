// The page's door to the library in the browser: the same for it as the door to a server, with a worker behind.
// What is played once is drawn, and the cursor moves along it; only what is done there makes another future.

/** How long a part of a run may take until the next one is asked for, in milliseconds. */
const PART = 80;
/** More than this makes no page that somebody could look at. */
const MOST_ROWS = 400_000;
const MOST_STEPS = 6_000_000;

export class Local {
  /** `said` is told what was answered in words, `stands` how the session stands after it. */
  constructor(said, stands) {
    Object.assign(this, { said, stands, asked: new Map(), count: 0, running: 0, acts: [], isLesson: false });
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data: { id, said: text } }) => {
      this.asked.get(id)?.(JSON.parse(text));
      this.asked.delete(id);
    };
    this.worker.onerror = (event) => this.said(`error: the library could not be begun: ${event.message ?? "worker.js"}\n`);
  }

  ask(what) {
    this.count += 1;
    this.worker.postMessage({ id: this.count, ask: what });
    return new Promise((done) => this.asked.set(this.count, done));
  }

  /** Opens a text; null, or what is wrong with it. */
  async open(text, { seed = null, lesson = false, acts = [] } = {}) {
    this.stop();
    this.pause();
    Object.assign(this, { acts: [], isLesson: lesson });
    const answer = await this.ask({ open: { text, seed, lesson } });
    if (answer.problems) return answer;
    this.opened = answer.opened;
    this.stands(answer.opened.state);
    for (const [at, words] of acts) {
      const { end } = await this.played();
      if (!end) break;
      await this.say(`do ${words}`, at);
    }
    return answer;
  }

  /** Plays to the end, in parts; `end`: it was reached, `why`: else what was too much. */
  async played(progress = () => {}) {
    const own = (this.running += 1);
    let steps = 2000;
    for (;;) {
      const before = performance.now();
      const answer = await this.ask({ go: { steps } });
      if (answer.problems) return { end: false, why: answer.problems };
      const { state } = answer;
      if (own !== this.running) return { end: false, why: "" };
      this.stands(state);
      if (!answer.more) return { end: true, why: "" };
      if (state.rows > MOST_ROWS || state.position > MOST_STEPS) return { end: false, why: "large", state };
      progress(state);
      const took = Math.max(performance.now() - before, 1);
      steps = Math.round(Math.min(Math.max((steps * PART) / took, 500), 200_000));
    }
  }

  /** What is being played is given up. */
  stop() {
    this.running += 1;
  }

  view() {
    return this.ask({ view: {} });
  }

  /** A line of `step` at an instant, or where the run has come to. */
  async say(words, at = null) {
    const answer = await this.ask({ say: { words, at } });
    if (answer.problems) return { text: answer.problems, changed: false, acted: false };
    this.acts = answer.state.done;
    this.stands(answer.state);
    return answer;
  }

  async look(words, t) {
    const answer = await this.ask({ look: { words, at: t } });
    return answer.text ?? answer.problems;
  }

  // What the page's clock asks for.

  follow(app, spoken) {
    Object.assign(this, { app, spoken });
  }

  async does(path, body) {
    const { app } = this;
    const [what, query] = path.split("?");
    const asked = new URLSearchParams(query);
    if (what === "do") return this.spoken(`do ${body}`);
    if (what === "clock/goto") return this.spoken(`goto ${asked.get("at")}`);
    if (what === "clock/until") return this.spoken(`until ${asked.get("what")}`);
    if (what === "clock/step" && this.isLesson) return this.spoken("next");
    if (what === "clock/step") app.does("n");
    if (what === "clock/back") app.does("b");
    if (what === "clock/resume") this.play(asked.get("speed"));
    if (what === "clock/pause") this.pause();
    return "";
  }

  /** The cursor runs along what is drawn. */
  play(speed) {
    const { app } = this;
    this.pause();
    if (speed === "max") return app.goTo(app.run.end);
    if (app.cursor >= app.run.end) app.goTo(0);
    let before = performance.now();
    const tick = (now) => {
      app.goTo(app.cursor + (now - before) * Number(speed));
      before = now;
      if (app.cursor >= app.run.end) return this.pause();
      this.tick = requestAnimationFrame(tick);
    };
    this.tick = requestAnimationFrame(tick);
    app.clockSays({ speed });
  }

  pause() {
    cancelAnimationFrame(this.tick ?? 0);
    this.tick = null;
    this.app?.clockSays({ speed: "paused" });
  }
}
