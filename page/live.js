// The page's door to a server: the run as it goes on, its clock, what is done to it and asked of it.

/** How often the clock is asked, in milliseconds. */
const EVERY = 400;

/** Follows a server's run; `taken` gets each new view model, `told` the clock. */
export class Live {
  constructor(base, taken, told) {
    Object.assign(this, { base, taken, told, seen: null });
  }

  async begin() {
    for (;;) {
      try {
        await this.follow();
      } catch (problem) {
        this.told({ lost: String(problem.message ?? problem) });
      }
      await new Promise((done) => setTimeout(done, EVERY));
    }
  }

  async follow() {
    const clock = await this.ask("GET", "clock");
    const seen = `${clock.step} ${clock.seconds}`;
    if (seen !== this.seen) {
      this.taken(await this.ask("GET", "view"));
      this.seen = seen;
    }
    this.told(clock);
  }

  /** Asks; what is refused is an error with the server's words. */
  async ask(method, path, body) {
    const answer = await fetch(this.base + path, { method, body, headers: { Accept: "application/json" } });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.message ?? answer.statusText);
    return said;
  }

  /** Asks and looks again at once; the words of what came of it. */
  async does(path, body) {
    try {
      const said = await this.ask("POST", path, body);
      await this.follow();
      return (said.lines ?? []).join(" ");
    } catch (problem) {
      return problem.message;
    }
  }

  /** What words that only look come to at an instant. */
  async look(words, t) {
    const said = await this.ask("GET", `look?words=${encodeURIComponent(words)}&at=${(t / 1000).toFixed(6)}s`);
    return said.text;
  }
}
