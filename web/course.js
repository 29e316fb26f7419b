// The course: its contents with what was done of it, and a lesson as it is held. What counts as right, and the score, is the
// library's; what was done is kept by the browser alone.

const KEPT = "kubelapse progress";
const PATH = "kubelapse path";

function kept(what = KEPT) {
  try {
    return localStorage.getItem(what) ?? "";
  } catch {
    return "";
  }
}

function keep(text, what = KEPT) {
  try {
    localStorage.setItem(what, text);
  } catch {
    // A browser that keeps nothing forgets it.
  }
}

function made(name, text, more = {}) {
  return Object.assign(document.createElement(name), text === undefined ? {} : { textContent: text }, more);
}

/** Paragraphs of a text that was broken into lines. */
function paragraphs(text) {
  const parts = text.trim().split(/\n\s*\n/);
  return parts.map((part) => made("p", part.replace(/\s*\n\s*/g, " ")));
}

export class Course {
  /** `open(name)` opens a lesson, `say(words)` speaks to it, `ask(request)` asks the library, `leave()` goes back to the contents. */
  constructor(places, { open, say, ask, leave }) {
    Object.assign(this, { places, open, say, ask, lesson: null, path: kept(PATH) });
    places.contents.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-lesson]");
      if (button) this.open(button.dataset.lesson);
    });
    places.back.addEventListener("click", leave);
    places.path.addEventListener("change", () => {
      keep(places.path.value, PATH);
      this.path = places.path.value;
      this.list();
    });
    places.question.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = new FormData(places.question).get("choice");
      if (chosen !== null) this.say(`answer ${chosen}`);
    });
    places.hint.addEventListener("click", () => this.say("hint"));
    places.skip.addEventListener("click", () => this.say("skip"));
    for (const button of places.moves.querySelectorAll("button[data-say]")) {
      button.addEventListener("click", () => this.say(button.dataset.say));
    }
  }

  wantsQuestions() {
    return this.places.questions.checked;
  }

  /** The table of contents. */
  async list() {
    this.lesson = null;
    const { contents, summary, one } = this.places;
    const said = await this.ask({ course: { progress: kept(), path: this.path } });
    this.offer(said.paths, said.path);
    contents.hidden = false;
    one.hidden = true;
    summary.textContent = said.problem ? `What was kept of your progress cannot be read: ${said.problem}` : said.summary;
    const topics = said.topics.map((topic, at) => {
      const list = made("details", undefined, { open: at === 0 || topic.lessons.some((own) => own.name === said.next) });
      list.append(made("summary", topic.heading));
      const lines = made("ol");
      for (const own of topic.lessons) {
        const line = made("li");
        const button = made("button", own.title, { type: "button", className: "link" });
        button.dataset.lesson = own.name;
        const mark = own.score ? `${own.mark}, ${own.score}` : own.mark;
        line.append(button, made("span", ` ${mark}`, { className: own.mark }));
        lines.append(line);
      }
      list.append(lines);
      return list;
    });
    contents.replaceChildren(...topics);
  }

  /** The paths that there are, and which one is gone along. */
  offer(paths, path) {
    const all = made("option", "all lessons", { value: "" });
    const own = paths.map(({ name, about }) => made("option", `${name}: ${about}`, { value: name }));
    this.places.path.replaceChildren(all, ...own);
    this.places.path.value = path;
  }

  /** A lesson begins. */
  begin(name, opened) {
    Object.assign(this, { lesson: { name, isRecorded: false }, news: null });
    const { contents, one, title, story } = this.places;
    contents.hidden = true;
    one.hidden = false;
    title.textContent = opened.lesson ?? opened.name;
    story.replaceChildren(...paragraphs(opened.story ?? ""));
    title.focus();
    this.stands(opened.state);
  }

  /** The question that waits, and the score. */
  async stands(state) {
    if (!this.lesson) return;
    const { question, legend, choices, score, moves } = this.places;
    const asks = state.question;
    const news = JSON.stringify(asks);
    if (news !== this.news) {
      this.news = news;
      question.hidden = !asks;
      legend.textContent = asks?.ask ?? "";
      const lines = (asks?.choices ?? []).map((words, at) => {
        const label = made("label");
        label.append(made("input", undefined, { type: "radio", name: "choice", value: String(at + 1), required: true }), ` ${words}`);
        return label;
      });
      choices.replaceChildren(...lines);
      choices.querySelector("input")?.focus();
    }
    for (const button of moves.querySelectorAll("button[data-say]")) button.disabled = Boolean(asks);
    const held = state.lesson;
    score.textContent = held ? `${held.score}, ${held.isOver ? "no question is left: the end tells what is behind it" : `${held.left} to come`}` : "";
    if (held?.isOver && !this.lesson.isRecorded) {
      this.lesson.isRecorded = true;
      const said = await this.ask({ record: { progress: kept() } });
      if (said.told) keep(said.progress);
    }
  }
}
