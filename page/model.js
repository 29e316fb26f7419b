// The view model, read: lives of pods, containers, workloads and nodes, and how each stands at an instant.
// Codes of rows: docs/view-model.md.

/** What a pod's bar says, in the order of how much somebody should look. */
export const POD_STATES = ["succeeded", "ready", "pending", "notReady", "leaving", "trouble", "unknown", "failed"];

/** What kubectl's STATUS says of a pod that goes its way; anything else of a pod that waits or runs is trouble. */
const CALM = /^(|Pending|ContainerCreating|PodInitializing|Init:\d+\/\d+|Running|NotReady|Completed|SchedulingGated)$/;

const TRI = [null, "True", "False", "Unknown"];

/** The last of `steps` (sorted by `t`) that is not after an instant; undefined: there is none. */
export function lastAt(steps, t) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle].t <= t) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
}

/** The place of the first of `steps` that ends after an instant. */
export function firstAfter(steps, t) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle].end > t) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Adds a step; of one instant the last counts, and what changes nothing adds nothing. */
function step(steps, t, what, same) {
  while (steps.length && steps[steps.length - 1].t === t) steps.pop();
  const last = steps[steps.length - 1];
  if (last && same(last, what)) return;
  if (last) last.end = t;
  steps.push({ t, end: Infinity, ...what });
}

function podState(phase, ready, status) {
  if (phase === "") return null;
  if (status === "Terminating") return "leaving";
  if (phase === "Succeeded") return "succeeded";
  if (phase === "Failed") return "failed";
  if (["Pending", "Running"].includes(phase) && !CALM.test(status)) return "trouble";
  if (phase === "Pending") return "pending";
  if (phase === "Running") return ready ? "ready" : "notReady";
  return "unknown";
}

function containerState(to, ready, reason, exit) {
  if (to === "running") return ready ? "runsReady" : "runs";
  if (to === "terminated") return exit ? "error" : "ended";
  if (to !== "waiting") return null;
  if (reason.endsWith("BackOff")) return "backOff";
  return ["", "ContainerCreating", "PodInitializing"].includes(reason) ? "waits" : "stuck";
}

function eventOf(texts, row) {
  const [t, , component, warns, reason, message, count] = row;
  return { t, component: texts[component], warns: warns === 1, reason: texts[reason], message: texts[message], count };
}

function conditionOf(texts, row) {
  const [t, , type, to, reason, message] = row;
  return { t, type: texts[type], to: TRI[to], reason: texts[reason], message: texts[message] };
}

function readPod(run, texts, [namespace, name, owner, qos, rows, inits], ix) {
  const pod = { ix, namespace: texts[namespace], name, owner, qos: texts[qos], node: null, nodes: [] };
  Object.assign(pod, { shown: [], containers: [], events: [], conditions: [], status: [], phases: [], changes: [] });
  // Which containers come before the others, and which of those go on beside them.
  pod.inits = new Map((inits ?? []).map(([name, sidecar]) => [texts[name], sidecar ? "sidecar" : "init"]));
  let phase = "";
  let ready = false;
  // Who is told to go is going whatever kubectl shows of it afterwards.
  let leaving = false;
  for (const row of rows) {
    const [t, code] = row;
    if (code === 0) {
      phase = texts[row[2]];
      pod.phases.push({ t, to: phase });
    } else if (code === 1) {
      const condition = conditionOf(texts, row);
      pod.conditions.push(condition);
      if (condition.type === "Ready") ready = condition.to === "True";
    } else if (code === 2) readContainer(pod, texts, row);
    else if (code === 3) {
      const [, , to, done, of, restarts] = row;
      pod.status.push({ t, to: texts[to], ready: `${done}/${of}`, restarts });
      pod.changes.push(t);
      leaving ||= texts[to] === "Terminating";
      if (texts[to] === "") phase = "";
    } else if (code === 4) pod.events.push(eventOf(texts, row));
    else if (code === 5) pod.owner = row[2];
    else if (code === 6) {
      pod.node = row[2];
      pod.nodes.push({ t, node: row[2] });
    }
    if (code > 3) continue;
    const status = pod.status[pod.status.length - 1]?.to ?? "";
    const same = (a, b) => a.state === b.state && a.status === b.status;
    step(pod.shown, t, { state: podState(phase, ready, leaving ? "Terminating" : status), status }, same);
  }
  pod.from = rows.length ? rows[0][0] : run.end;
  const gone = pod.status.length && pod.status[pod.status.length - 1].to === "";
  pod.to = gone ? pod.status[pod.status.length - 1].t : run.end;
  pod.gone = Boolean(gone);
  if (gone) pod.containers.forEach((container) => container.stages.forEach((stage) => (stage.end = Math.min(stage.end, pod.to))));
  const order = [...pod.inits.keys()];
  const place = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  pod.containers.sort((a, b) => place(a) - place(b));
  return pod;
}

function readContainer(pod, texts, row) {
  const [t, , name, to, ready, restarts, reason, message, exit] = row;
  let container = pod.containers.find((one) => one.name === texts[name]);
  if (!container) {
    container = { name: texts[name], role: pod.inits.get(texts[name]) ?? "", stages: [] };
    pod.containers.push(container);
  }
  const state = containerState(texts[to], ready === 1, texts[reason], exit);
  const what = { state, to: texts[to], ready: ready === 1, restarts, reason: texts[reason], message: texts[message], exit };
  const same = (a, b) => a.state === b.state && a.restarts === b.restarts && a.reason === b.reason && a.exit === b.exit;
  step(container.stages, t, what, same);
}

function readObject(texts, [kind, namespace, name, rows, figures], ix) {
  const object = { ix, kind: texts[kind], namespace: texts[namespace], name: texts[name] };
  Object.assign(object, { states: [], conditions: [], events: [], endpoints: [], pods: [] });
  for (const row of rows) {
    const [t, code] = row;
    if (code === 0) object.states.push({ t, to: texts[row[2]], ready: texts[row[3]] });
    else if (code === 1) object.conditions.push(conditionOf(texts, row));
    else if (code === 4) object.events.push(eventOf(texts, row));
    else if (code === 7) object.endpoints.push({ t, end: Infinity, available: row[2], desired: null, serving: row[3], terminating: row[4] });
  }
  object.figures = figures.map(([t, , available, desired, ready, updated]) => ({ t, end: Infinity, available, desired, ready, updated }));
  for (const steps of [object.figures, object.endpoints]) {
    steps.forEach((one, at) => (one.end = at + 1 < steps.length ? steps[at + 1].t : Infinity));
  }
  return object;
}

/** What a node's bar says; `status` in words. */
function nodeState(exists, cordoned, conditions) {
  const also = cordoned ? ", cordoned" : "";
  if (!exists) return { state: null, status: "not in the API" };
  if (conditions.has("Ready") && conditions.get("Ready") !== "True") return { state: "unknown", status: `NotReady${also}` };
  const short = ["MemoryPressure", "DiskPressure", "PIDPressure"].filter((type) => conditions.get(type) === "True");
  if (short.length) return { state: "trouble", status: short.join(", ") + also };
  return cordoned ? { state: "cordoned", status: "Ready, cordoned" } : { state: "ready", status: "Ready" };
}

function readNode(texts, [name, rows], ix) {
  const node = { ix, name: texts[name], conditions: [], stands: [], shown: [] };
  const now = new Map();
  let [exists, cordoned] = [true, false];
  for (const row of rows) {
    const [t, code] = row;
    if (code === 8) {
      [exists, cordoned] = [row[2] === 1, row[3] === 1];
      node.stands.push({ t, exists, cordoned });
    } else {
      const condition = conditionOf(texts, row);
      node.conditions.push(condition);
      now.set(condition.type, condition.to);
    }
    step(node.shown, t, nodeState(exists, cordoned, now), (a, b) => a.state === b.state && a.status === b.status);
  }
  node.troubled = node.shown.some((one) => one.state !== "ready");
  return node;
}

/** A run, from the view model. Times are milliseconds since its start. */
export function readRun(model) {
  const { texts } = model;
  const run = { program: model.program, scenario: model.scenario ?? "", description: model.description ?? "", partial: model.partial };
  // Where nothing more happens all stays as it is until the end that was asked for.
  Object.assign(run, { start: Date.parse(model.start), last: model.end, end: Math.max(model.until ?? model.end, 1) });
  run.nodes = model.nodes.map((node, ix) => readNode(texts, node, ix));
  run.objects = model.objects.map((object, ix) => readObject(texts, object, ix));
  // Of a pod that is long gone a server has forgotten all.
  run.pods = model.pods.map((pod, ix) => readPod(run, texts, pod, ix)).filter((pod) => pod.phases.length || pod.status.length);
  run.deeds = (model.deeds ?? []).map(([t, words, answers]) => ({
    t,
    words: texts[words],
    answers: answers.map(([at, refused, line]) => ({ t: at, refused: refused === 1, line: texts[line] })),
  }));
  run.changes = [...new Set(run.pods.flatMap((pod) => pod.changes))].sort((a, b) => a - b);
  run.failures = run.pods.flatMap((pod) => failuresOf(pod).map((t) => ({ t, pod }))).sort((a, b) => a.t - b.t || a.pod.ix - b.pod.ix);
  return run;
}

/** Instants at which something of a pod goes wrong. */
export function failuresOf(pod) {
  const bad = (state) => ["failed", "unknown", "trouble", "error", "stuck", "backOff"].includes(state);
  const steps = [pod.shown, ...pod.containers.map((container) => container.stages)].flat();
  // Who is told to go and goes has not failed.
  const times = steps.filter((one) => bad(one.state) && lastAt(pod.shown, one.t)?.state !== "leaving").map((one) => one.t);
  return [...new Set(times)].sort((a, b) => a - b);
}

/** How a pod stands at an instant, as kubectl would print it; null: it is not there. */
export function podAt(pod, t) {
  const status = lastAt(pod.status, t);
  if (!status || status.to === "") return null;
  const conditions = new Map();
  for (const condition of pod.conditions) {
    if (condition.t > t) break;
    if (condition.to === null) conditions.delete(condition.type);
    else conditions.set(condition.type, condition);
  }
  const containers = pod.containers.map((container) => ({ name: container.name, role: container.role, ...lastAt(container.stages, t) }));
  const phase = lastAt(pod.phases, t)?.to ?? "";
  return { phase, status, node: lastAt(pod.nodes, t)?.node ?? null, conditions: [...conditions.values()], containers };
}

/** A pod as it stood last before it was gone. */
export function podAtLast(pod) {
  return podAt(pod, pod.to - 0.5);
}

/** All that became of a pod up to an instant, in words, the latest first. */
export function changesOf(pod, t, most) {
  const told = [];
  const put = (list, words) => list.forEach((one) => one.t <= t && told.push({ t: one.t, words: words(one) }));
  put(pod.phases, (one) => (one.to ? `phase ${one.to}` : "gone from the API"));
  put(pod.status, (one) => (one.to ? `STATUS ${one.to}, READY ${one.ready}` : ""));
  put(pod.conditions, (one) => `${one.type} ${one.to ?? "gone"}${one.reason ? ` (${one.reason})` : ""}`);
  put(pod.events, (one) => `${one.warns ? "Warning" : "event"} ${one.reason}${one.count > 1 ? ` ×${one.count}` : ""}`);
  for (const container of pod.containers) {
    const code = (one) => (one.exit === null || one.exit === undefined ? "" : `, exit code ${one.exit}`);
    put(container.stages, (one) => (one.to ? `${container.name} ${one.to}${one.reason ? ` (${one.reason}${code(one)})` : ""}` : ""));
  }
  const all = told.filter((one) => one.words).map((one, ix) => ({ ...one, ix }));
  return all.sort((a, b) => b.t - a.t || b.ix - a.ix).slice(0, most);
}

/** Of marks those that lie no farther than so far from an instant. */
export function marksNear(marks, t, reach) {
  return marks.filter((one) => Math.abs(one.t - t) <= reach);
}
