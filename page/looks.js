// What a source can tell of what is selected beyond the model: describe, the object as YAML, why, logs. A recorded run has no
// such source; a server and a library in the browser have.

/** What `predict` is about. */
const FORETOLD = ["pod", "deployment", "replicaset", "replicationcontroller", "statefulset", "daemonset", "job", "cronjob"];

/** What each asks for, in the words of `kubelapse step`. */
const WORDS = {
  Describe: (of) => (of.kind === "pod" ? `describe pod/${of.namespace}/${of.name}` : `describe ${of.kind} ${of.name}`),
  YAML: (of) => `get ${of.kind} ${of.name}${of.namespace ? ` -n ${of.namespace}` : ""} -o yaml`,
  Why: (of) => (of.kind === "node" ? null : of.kind === "pod" ? `why pod/${of.namespace}/${of.name}` : `why ${of.kind}/${of.name}`),
  Next: (of) => (FORETOLD.includes(of.kind) ? `predict ${of.kind}/${of.kind === "pod" ? `${of.namespace}/` : ""}${of.name}` : null),
  Logs: (of) => (of.kind === "pod" ? `logs ${of.namespace}/${of.name}${of.container ? ` -c ${of.container}` : ""}` : null),
};

/** What is selected, as words can name it; null: it is no object. */
function objectNamed(selected) {
  if (!selected || Array.isArray(selected)) return null;
  if (selected.containers) return { kind: "pod", namespace: selected.namespace, name: selected.name };
  if (selected.stands) return { kind: "node", namespace: "", name: selected.name };
  const object = selected.endpoints ? selected : selected.object;
  return object ? { kind: object.kind, namespace: object.namespace, name: object.name } : null;
}

/** A line of its own, so that what does not fit into one goes on farther in. */
function lineOf(text) {
  return Object.assign(document.createElement("div"), { textContent: text || "\u00a0" });
}

/** Buttons over the panel, and what was answered below them. */
export class Looks {
  /** `source.look(words, milliseconds)` promises a text; it stands in `answer`, in the place of the page's own `panel`. */
  constructor(bar, panel, answer, source) {
    Object.assign(this, { bar, panel, answer, source, chosen: "Summary", asked: null });
    for (const name of ["Summary", ...Object.keys(WORDS)]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.addEventListener("click", () => this.choose(name));
      bar.append(button);
    }
    this.show(null, 0);
  }

  choose(name) {
    this.chosen = name;
    this.asked = null;
    this.show(this.selected, this.t);
  }

  /** Whether the panel's own words are wanted. */
  isSummary() {
    return this.chosen === "Summary" || !this.words();
  }

  words() {
    const of = objectNamed(this.selected);
    return of && WORDS[this.chosen]?.(of);
  }

  /** Asks for what is chosen of what is selected; the latest answer counts. */
  show(selected, t) {
    Object.assign(this, { selected, t });
    const of = objectNamed(selected);
    this.bar.hidden = !of;
    for (const button of this.bar.children) {
      button.hidden = button.textContent !== "Summary" && !(of && WORDS[button.textContent](of));
      button.setAttribute("aria-pressed", button.textContent === this.chosen);
    }
    this.answer.hidden = this.isSummary();
    this.panel.hidden = !this.answer.hidden;
    if (this.answer.hidden) return;
    const words = this.words();
    const asked = `${t} ${words}`;
    if (asked === this.asked) return;
    this.asked = asked;
    clearTimeout(this.waiting);
    // Who moves along asks once, where he stops.
    this.waiting = setTimeout(async () => {
      const said = await this.source.look(words, t).catch((problem) => String(problem.message ?? problem));
      if (this.asked === asked) this.answer.replaceChildren(...said.trimEnd().split("\n").map(lineOf));
    }, 120);
  }
}
