// The text at the left: its lines are numbered, and those that something is wrong with are marked and can be gone to.

/** `--> scenario.toml:3:1` or `manifest.yaml:3:1`, as the program shows places. */
const PLACE = /((?:scenario\.toml|manifest\.yaml)):(\d+)(?::(\d+))?/g;

export class Editor {
  constructor(area, gutter, problems, changed) {
    Object.assign(this, { area, gutter, problems, marked: new Set() });
    let waiting = 0;
    area.addEventListener("input", () => {
      this.number();
      clearTimeout(waiting);
      waiting = setTimeout(changed, 450);
    });
    area.addEventListener("scroll", () => (gutter.scrollTop = area.scrollTop));
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        clearTimeout(waiting);
        event.preventDefault();
        changed();
      }
    });
  }

  set(text) {
    this.area.value = text;
    this.area.scrollTop = 0;
    this.tell("");
  }

  number() {
    const lines = this.area.value.split("\n").length;
    const numbers = [];
    for (let line = 1; line <= lines; line += 1) numbers.push(`${this.marked.has(line) ? "● " : ""}${line}`);
    this.gutter.textContent = numbers.join("\n");
    this.gutter.scrollTop = this.area.scrollTop;
  }

  /** Problems as the program shows them; places in the text can be pressed. `file` is what the text is called there. */
  tell(text, file = "scenario.toml") {
    this.marked.clear();
    const parts = [];
    let end = 0;
    for (const found of text.matchAll(PLACE)) {
      if (found[1] !== file) continue;
      const [line, column] = [Number(found[2]), Number(found[3] ?? 1)];
      this.marked.add(line);
      const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: found[0] });
      button.addEventListener("click", () => this.goTo(line, column));
      parts.push(text.slice(end, found.index), button);
      end = found.index + found[0].length;
    }
    this.problems.replaceChildren(...parts, text.slice(end));
    this.problems.hidden = !text;
    this.number();
  }

  goTo(line, column) {
    const before = this.area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const at = before + column - 1;
    this.area.focus();
    this.area.setSelectionRange(at, at);
    const high = this.area.scrollHeight / Math.max(this.area.value.split("\n").length, 1);
    this.area.scrollTop = Math.max((line - 4) * high, 0);
  }
}
