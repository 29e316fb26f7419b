// Which rows there are, in which order, how high.

export const HEIGHTS = { deeds: 18, group: 40, pod: 18, container: 11, events: 10, node: 18, service: 34, label: 24 };

function named(pod) {
  return pod.name.replace(/-\d+$/, "");
}

/** Pods under what has made them, in the order of their creation; those that nothing has made by the stem of their names. */
export function groupsOf(run) {
  const groups = new Map();
  for (const pod of run.pods) {
    const object = pod.owner === null ? null : run.objects[pod.owner];
    const name = object ? `${object.kind}/${object.name}` : named(pod);
    const key = `${pod.namespace} ${name}`;
    if (!groups.has(key)) groups.set(key, { key, name, namespace: pod.namespace, object, pods: [] });
    groups.get(key).pods.push(pod);
  }
  return [...groups.values()];
}

function matches(pod, group, find) {
  if (!find) return true;
  const words = [pod.name, group.name, pod.namespace, ...pod.status.map((one) => one.to), ...pod.events.map((one) => one.reason)];
  return words.some((word) => word.toLowerCase().includes(find));
}

/** The pods of a group that what is looked for is about. */
export function podsFound(group, find) {
  return group.pods.filter((pod) => matches(pod, group, find));
}

/** All rows; `view` says what is closed, what is open, what is looked for and whether nodes are shown. */
export function rowsOf(run, groups, view) {
  const rows = [];
  let y = 0;
  const push = (kind, more) => {
    rows.push({ kind, y, h: HEIGHTS[kind], ...more });
    y += HEIGHTS[kind];
  };
  if (run.deeds.length) push("deeds", { deeds: run.deeds });
  let found = 0;
  for (const group of groups) {
    const pods = podsFound(group, view.find);
    found += pods.length;
    if (!pods.length) continue;
    // A pod that nothing has made and that has no siblings needs no line over it.
    const alone = !group.object && group.pods.length === 1;
    if (!alone) push("group", { group, shown: pods.length });
    if (!alone && view.closed.has(group.key)) continue;
    for (const pod of pods) {
      push("pod", { pod });
      if (!view.all && !view.open.has(pod.ix)) continue;
      for (const container of pod.containers) push("container", { pod, container });
      if (pod.events.length) push("events", { pod });
    }
  }
  const others = run.objects.filter((object) => object.endpoints.length);
  const wanted = others.filter((object) => !view.find || object.name.toLowerCase().includes(view.find));
  for (const object of wanted) push("service", { object });
  if (view.nodes) {
    push("label", { words: "Nodes" });
    // Those that something became of come first.
    const nodes = [...run.nodes].sort((a, b) => b.troubled - a.troubled || a.ix - b.ix);
    for (const node of nodes) push("node", { node });
  }
  return { rows, height: y, found };
}

/** The place of the first row that reaches below a height. */
export function rowAt(rows, y) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].y + rows[middle].h > y) high = middle;
    else low = middle + 1;
  }
  return low;
}
