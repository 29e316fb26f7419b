// What is said in words: the tip under the pointer, the panel, the table. Everything is put in as text.

import { POD_STATES, changesOf, lastAt, marksNear, podAt, podAtLast } from "./model.js";
import { clockOf, spanOf } from "./scale.js";
import { LOOKS, swatch } from "./look.js";
import { podsFound } from "./rows.js";

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function tableOf(head, rows) {
  const table = element("table");
  if (head) {
    const line = element("tr");
    for (const word of head) line.append(Object.assign(element("th", word), { scope: "col" }));
    table.append(line);
  }
  for (const row of rows) {
    const line = element("tr", undefined, row.warns ? "warns" : "");
    for (const cell of row.cells) line.append(element("td", cell));
    table.append(line);
  }
  return table;
}

const pairs = (all) => tableOf(null, all.filter(([, value]) => value !== "" && value !== null && value !== undefined).map((cells) => ({ cells })));

/** A pod's line as kubectl prints it. */
function statusLine(now) {
  return `${now.status.ready}  ${now.status.to}  ${now.status.restarts} restarts`;
}

/** How many marks a tip tells of. */
const TOLD = 4;

const eventWords = (event) => `${event.reason}${event.count > 1 ? ` ×${event.count}` : ""}: ${event.message}`;

/** A tip tells of the marks that the pointer is at, each with its instant. */
function marksWords(marks, words) {
  const told = marks.slice(0, TOLD).map((one) => `${spanOf(one.t)}  ${words(one)}`);
  if (marks.length > TOLD) told.push(`and ${marks.length - TOLD} more here`);
  return told;
}

const answerWords = (deed) => deed.answers.map((one) => (one.refused ? `refused: ${one.line}` : one.line));

/** What lies under the pointer, in a few lines; marks count as being under it up to `reach` milliseconds from it. */
export function tipOf(run, row, t, reach) {
  const at = spanOf(t);
  if (row.kind === "deeds") {
    const near = marksNear(row.deeds, t, reach);
    if (!near.length) return "";
    return marksWords(near, (deed) => [deed.words, ...answerWords(deed)].join("\n")).join("\n");
  }
  if (row.kind === "group") {
    const now = lastAt(row.group.object?.figures ?? [], t);
    return [row.group.name, at, now && now.available !== null ? `${now.available} of ${now.desired} available` : counted(row.shown, "pod")].join("\n");
  }
  if (row.kind === "service") {
    const now = lastAt(row.object.endpoints, t);
    return [`service/${row.object.name}`, at, `${now?.available ?? 0} ready, ${now?.serving ?? 0} serving, ${now?.terminating ?? 0} terminating`].join("\n");
  }
  if (row.kind === "node") return [row.node.name, at, nodeWords(row.node, t)].join("\n");
  if (!row.pod) return "";
  const now = podAt(row.pod, t);
  const near = marksNear(row.pod.events, t, reach);
  if (row.kind === "events") {
    const words = (event) => `${event.warns ? "Warning: " : ""}${eventWords(event)}`;
    return near.length ? [row.pod.name, ...marksWords(near, words)].join("\n") : "";
  }
  const lines = [row.pod.name, at];
  if (!now) return [...lines, t < row.pod.from ? "not there yet" : "gone"].join("\n");
  lines.push(statusLine(now), `phase ${now.phase}`);
  if (row.container) {
    const own = lastAt(row.container.stages, t);
    if (own?.state) lines.push(`${row.container.name}: ${containerWords({ ...own, role: row.container.role }, t)}`);
    if (own?.message) lines.push(own.message);
  }
  const warnings = near.filter((event) => event.warns);
  const event = lastAt(row.pod.events, t);
  if (row.kind === "pod" && warnings.length) lines.push(...marksWords(warnings, eventWords));
  else if (event) lines.push(`${spanOf(t - event.t)} ago: ${eventWords(event)}`);
  return lines.join("\n");
}

function nodeWords(node, t) {
  return lastAt(node.shown, t)?.status ?? "not there yet";
}

function containerWords(own, t) {
  const since = own.t === undefined ? "" : ` for ${spanOf(t - own.t)}`;
  const code = own.exit === null || own.exit === undefined ? "" : `, exit code ${own.exit}`;
  const reason = own.reason ? ` (${own.reason}${code})` : code;
  const words = own.role === "init" && own.state === "runs" ? "runs before the others" : LOOKS[own.state]?.words;
  return own.state ? `${words}${reason}${since}` : "is not there";
}

function eventRows(events, t) {
  const told = events.filter((event) => event.t <= t).reverse();
  return told.map((event) => ({
    warns: event.warns,
    cells: [spanOf(t - event.t), event.warns ? "Warning" : "Normal", event.count > 1 ? `${event.reason} ×${event.count}` : event.reason, event.message],
  }));
}

const EVENTS = ["Ago", "Type", "Reason", "Message"];
const CONDITIONS = ["Condition", "Status", "Reason, message"];

function conditionRows(conditions) {
  return conditions.map((one) => ({ cells: [one.type, one.to, [one.reason, one.message].filter(Boolean).join(": ")] }));
}

/** So many of a pod's changes are told. */
const CHANGES = 16;

function podPanel(run, pod, t) {
  const parts = [element("h2", pod.name)];
  const there = podAt(pod, t);
  const isOver = !there && pod.gone && t >= pod.to;
  if (!there && !isOver) return [...parts, element("p", `It is not there yet: it comes at ${spanOf(pod.from)}.`)];
  if (isOver) parts.push(element("p", `It is gone since ${spanOf(pod.to)}. As it stood last:`));
  const now = there ?? podAtLast(pod);
  if (!now) return parts;
  const owner = pod.owner === null ? "" : `${run.objects[pod.owner].kind}/${run.objects[pod.owner].name}`;
  parts.push(
    pairs([
      ["Namespace", pod.namespace],
      ["Controlled by", owner],
      ["Node", now.node === null ? "" : run.nodes[now.node].name],
      ["QoS class", pod.qos],
      ["STATUS (kubectl's column)", now.status.to],
      ["Phase (the summary)", now.phase],
      ["READY, restarts", `${now.status.ready}, ${now.status.restarts}`],
      [isOver ? "Lived for" : "Age", spanOf((isOver ? pod.to : t) - pod.from)],
    ]),
  );
  parts.push(element("h3", "Containers"), tableOf(null, now.containers.map((one) => ({ cells: [one.role ? `${one.name} (${one.role})` : one.name, [containerWords(one, isOver ? pod.to : t), one.message].filter(Boolean).join(": ")] }))));
  parts.push(element("h3", "Conditions (the detail)"), tableOf(CONDITIONS, conditionRows(now.conditions)));
  parts.push(element("h3", "Events"), tableOf(EVENTS, eventRows(pod.events, t)));
  const changes = changesOf(pod, t, CHANGES).map((one) => ({ cells: [spanOf(one.t), one.words] }));
  parts.push(element("h3", "Last changes"), tableOf(null, changes));
  return parts;
}

function objectPanel(object, t) {
  const now = lastAt(object.figures, t);
  const state = lastAt(object.states, t);
  const conditions = new Map();
  for (const condition of object.conditions) if (condition.t <= t) conditions.set(condition.type, condition);
  const endpoints = lastAt(object.endpoints, t);
  return [
    element("h2", `${object.kind}/${object.name}`),
    pairs([
      ["Namespace", object.namespace],
      ["State", state?.to],
      ["Ready", state?.ready],
      ["Available", now && now.available !== null ? `${now.available} of ${now.desired}` : ""],
      ["Updated", now?.updated],
      ["Endpoints", endpoints ? `${endpoints.available ?? 0} ready, ${endpoints.serving} serving, ${endpoints.terminating} terminating` : ""],
    ]),
    element("h3", "Conditions"),
    tableOf(CONDITIONS, conditionRows([...conditions.values()].filter((one) => one.to !== null))),
    element("h3", "Events"),
    tableOf(EVENTS, eventRows(object.events, t)),
  ];
}

function nodePanel(run, node, t) {
  const latest = new Map();
  for (const condition of node.conditions) if (condition.t <= t) latest.set(condition.type, condition);
  const here = run.pods.filter((pod) => lastAt(pod.nodes, t)?.node === node.ix && podAt(pod, t));
  return [
    element("h2", node.name),
    element("p", nodeWords(node, t)),
    tableOf(CONDITIONS, conditionRows([...latest.values()].filter((one) => one.to !== null))),
    element("h3", counted(here.length, "pod")),
    tableOf(null, here.map((pod) => ({ cells: [pod.name, podAt(pod, t).status.to] }))),
  ];
}

/** Fills the panel with what is selected, as it stands at the cursor. */
export function tellPanel(panel, run, selected, t, palette) {
  if (Array.isArray(selected)) return panel.replaceChildren(...deedsPanel(selected, t));
  if (selected?.shown && selected.name && selected.containers) panel.replaceChildren(...podPanel(run, selected, t));
  else if (selected?.endpoints) panel.replaceChildren(...objectPanel(selected, t));
  else if (selected?.object) panel.replaceChildren(...objectPanel(selected.object, t), ...groupCounts(selected, t));
  else if (selected?.shown) panel.replaceChildren(...nodePanel(run, selected, t));
  else if (selected) panel.replaceChildren(element("h2", selected.name), ...groupCounts(selected, t));
  else panel.replaceChildren(...legend(run, palette));
}

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** How many of a group's pods show which STATUS, and which pods those are. */
function groupCounts(group, t) {
  const by = new Map();
  for (const pod of group.pods) {
    const now = podAt(pod, t);
    const status = now ? now.status.to : pod.gone && t >= pod.to ? "(gone)" : "(not there yet)";
    by.set(status, [...(by.get(status) ?? []), pod.name]);
  }
  const few = (names) => names.slice(0, 6).join(", ") + (names.length > 6 ? `, and ${names.length - 6} more` : "");
  const rows = [...by].sort((a, b) => b[1].length - a[1].length).map(([status, names]) => ({ cells: [String(names.length), status, few(names)] }));
  return [element("h3", counted(group.pods.length, "pod")), tableOf(["Count", "STATUS", "Which"], rows)];
}

function deedsPanel(deeds, t) {
  const parts = [element("h2", "Done from outside")];
  for (const deed of deeds) {
    const when = deed.t > t ? `${spanOf(deed.t)}, in ${spanOf(deed.t - t)}` : spanOf(deed.t);
    parts.push(element("h3", `${when}: ${deed.words}`));
    if (deed.answers.length) parts.push(element("pre", answerWords(deed).join("\n")));
  }
  return parts;
}

function legend(run, palette) {
  const about = [counted(run.pods.length, "pod"), counted(run.nodes.length, "node"), `${spanOf(run.end)}${run.partial ? " (cut short)" : ""}`];
  const parts = [element("h2", "What is seen")];
  if (run.description) parts.push(element("p", run.description));
  parts.push(element("p", `${about.join(", ")}. A click, or ↓, shows one; ? lists the keys.`));
  const lanes = Object.keys(LOOKS).filter((state) => !POD_STATES.includes(state) && state !== "cordoned");
  for (const [title, states] of [["A pod's bar", POD_STATES], ["A container's lane", lanes], ["A node", ["cordoned"]]]) {
    const table = element("table", undefined, "swatches");
    for (const state of states) {
      const line = element("tr");
      line.append(element("td"), element("td", LOOKS[state].words));
      line.firstChild.append(swatch(palette, state));
      table.append(line);
    }
    parts.push(element("h3", title), table);
  }
  parts.push(element("p", "▼ a warning, ○ another event, ◆ something done from outside. Green under a dashed line: how many are available of how many there shall be."));
  return parts;
}

/** All pods as they stand at the cursor, for whoever reads rather than looks. */
export function tellTable(section, run, groups, t, find, chosen) {
  const rows = groups.flatMap((group) =>
    podsFound(group, find).map((pod) => {
      const now = podAt(pod, t);
      const node = now && now.node !== null ? run.nodes[now.node].name : "";
      return { pod, cells: now ? [pod.namespace, pod.name, now.status.ready, now.status.to, String(now.status.restarts), spanOf(t - pod.from), node, now.phase] : null };
    }),
  );
  const there = rows.filter((row) => row.cells);
  const table = tableOf(["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE", "PHASE"], there);
  const which = find ? `${counted(there.length, "pod")} for “${find}”` : "All pods";
  table.prepend(element("caption", `${which} at ${spanOf(t)} (${clockOf(run, t)})`));
  // A name is a button: it selects its pod.
  there.forEach((row, at) => {
    const cell = table.rows[at + 1].cells[1];
    const button = Object.assign(element("button", row.pod.name, "link"), { type: "button" });
    cell.replaceChildren(button);
    table.rows[at + 1].addEventListener("click", () => chosen(row.pod));
  });
  section.replaceChildren(table);
}
