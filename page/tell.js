// What is said in words: the tip under the pointer, the panel, the table. Everything is put in as text.

import { lastAt, podAt } from "./model.js";
import { clockOf, spanOf } from "./scale.js";
import { LOOKS, swatch } from "./look.js";

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

/** What lies under the pointer, in a few lines. */
export function tipOf(run, row, t) {
  const at = spanOf(t);
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
  const lines = [row.pod.name, at];
  if (!now) return [...lines, t < row.pod.from ? "not there yet" : "gone"].join("\n");
  lines.push(statusLine(now), `phase ${now.phase}`);
  if (row.container) {
    const own = lastAt(row.container.stages, t);
    if (own?.state) lines.push(`${row.container.name}: ${containerWords(own, t)}`);
    if (own?.message) lines.push(own.message);
  }
  const event = lastAt(row.pod.events, t);
  if (event) lines.push(`${spanOf(t - event.t)} ago: ${event.reason}: ${event.message}`);
  return lines.join("\n");
}

function nodeWords(node, t) {
  return lastAt(node.shown, t)?.state === "ready" ? "Ready" : "not Ready";
}

function containerWords(own, t) {
  const since = own.t === undefined ? "" : ` for ${spanOf(t - own.t)}`;
  const code = own.exit === null || own.exit === undefined ? "" : `, exit code ${own.exit}`;
  const reason = own.reason ? ` (${own.reason}${code})` : code;
  return own.state ? `${LOOKS[own.state].words}${reason}${since}` : "is not there";
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

function podPanel(run, pod, t) {
  const parts = [element("h2", pod.name)];
  const now = podAt(pod, t);
  if (!now) return [...parts, element("p", t < pod.from ? "It is not there yet." : `It is gone since ${spanOf(pod.to)}.`)];
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
      ["Age", spanOf(t - pod.from)],
    ]),
  );
  parts.push(element("h3", "Containers"), tableOf(null, now.containers.map((one) => ({ cells: [one.name, [containerWords(one, t), one.message].filter(Boolean).join(": ")] }))));
  parts.push(element("h3", "Conditions (the detail)"), tableOf(CONDITIONS, conditionRows(now.conditions)));
  parts.push(element("h3", "Events"), tableOf(EVENTS, eventRows(pod.events, t)));
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
  const here = run.pods.filter((pod) => podAt(pod, t)?.node === node.ix);
  return [
    element("h2", node.name),
    tableOf(CONDITIONS, conditionRows([...latest.values()].filter((one) => one.to !== null))),
    element("h3", `${here.length} pods`),
    tableOf(null, here.map((pod) => ({ cells: [pod.name, podAt(pod, t).status.to] }))),
  ];
}

/** Fills the panel with what is selected, as it stands at the cursor. */
export function tellPanel(panel, run, selected, t, palette) {
  if (selected?.shown && selected.name && selected.containers) panel.replaceChildren(...podPanel(run, selected, t));
  else if (selected?.endpoints) panel.replaceChildren(...objectPanel(selected, t));
  else if (selected?.object) panel.replaceChildren(...objectPanel(selected.object, t));
  else if (selected?.shown) panel.replaceChildren(...nodePanel(run, selected, t));
  else if (selected) panel.replaceChildren(element("h2", selected.name), element("p", counted(selected.pods.length, "pod")));
  else panel.replaceChildren(...legend(run, palette));
}

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function legend(run, palette) {
  const about = [counted(run.pods.length, "pod"), counted(run.nodes.length, "node"), `${spanOf(run.end)}${run.partial ? " (cut short)" : ""}`];
  const parts = [element("h2", "What is seen"), element("p", `${about.join(", ")}. A click, or ↓, shows one; ? lists the keys.`)];
  const states = Object.keys(LOOKS);
  for (const [title, from, to] of [["A pod's bar", 0, 8], ["A container's lane", 8, states.length]]) {
    const table = element("table", undefined, "swatches");
    for (const state of states.slice(from, to)) {
      const line = element("tr");
      line.append(element("td"), element("td", LOOKS[state].words));
      line.firstChild.append(swatch(palette, state));
      table.append(line);
    }
    parts.push(element("h3", title), table);
  }
  parts.push(element("p", "▼ a warning, ○ another event. Green under a dashed line: how many are available of how many there shall be."));
  return parts;
}

/** All pods as they stand at the cursor, for whoever reads rather than looks. */
export function tellTable(section, run, groups, t) {
  const rows = groups.flatMap((group) =>
    group.pods.map((pod) => {
      const now = podAt(pod, t);
      const node = now && now.node !== null ? run.nodes[now.node].name : "";
      return { cells: now ? [pod.namespace, pod.name, now.status.ready, now.status.to, String(now.status.restarts), spanOf(t - pod.from), node, now.phase] : null };
    }),
  );
  const table = tableOf(["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE", "PHASE"], rows.filter((row) => row.cells));
  table.prepend(element("caption", `All pods at ${spanOf(t)} (${clockOf(run, t)})`));
  section.replaceChildren(table);
}
