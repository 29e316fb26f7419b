// The rows that are in sight, on a canvas.

import { POD_STATES, firstAfter, lastAt } from "./model.js";
import { spanOf } from "./scale.js";
import { LOOKS } from "./look.js";
import { rowAt } from "./rows.js";

export const RULER = 26;
export const NAMES = 210;
const WORST = ["cordoned", ...POD_STATES, "waits", "runsReady", "runs", "ended", "backOff", "stuck", "error"];

/** Draws all of it. `scene`: the pen, its size, palette, scale, run, rows, how far it is scrolled, cursor, what is selected. */
export function draw(scene) {
  const { pen, width, height, palette } = scene;
  pen.setTransform(scene.density, 0, 0, scene.density, 0, 0);
  pen.fillStyle = palette.colours.bg;
  pen.fillRect(0, 0, width, height);
  pen.textBaseline = "middle";
  marks(scene);
  pen.save();
  pen.beginPath();
  pen.rect(0, RULER, width, height - RULER);
  pen.clip();
  const { rows } = scene.layout;
  for (let at = rowAt(rows, scene.scrolled); at < rows.length; at += 1) {
    const row = rows[at];
    const y = row.y - scene.scrolled + RULER;
    if (y > height) break;
    ROWS[row.kind](scene, row, y);
  }
  deedLines(scene);
  pen.restore();
  cursor(scene);
}

/** What was done from outside goes through all rows. */
function deedLines(scene) {
  const { pen, scale, height, palette } = scene;
  pen.strokeStyle = palette.colours.mark;
  pen.globalAlpha = 0.35;
  pen.setLineDash([2, 3]);
  for (const deed of scene.run.deeds) {
    if (deed.t < scale.from || deed.t > scale.to) continue;
    const x = Math.round(scale.x(deed.t)) + 0.5;
    pen.beginPath();
    pen.moveTo(x, RULER);
    pen.lineTo(x, height);
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function clip(scene, text, x, y, room) {
  const { pen } = scene;
  const wide = (words) => pen.measureText(words).width <= room;
  if (wide(text)) return pen.fillText(text, x, y);
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (wide(`${text.slice(0, middle)}…`)) low = middle;
    else high = middle - 1;
  }
  // Of less nobody can tell what it is.
  if (low > 4) pen.fillText(`${text.slice(0, low)}…`, x, y);
}

function marks(scene) {
  const { pen, scale, height, palette } = scene;
  pen.font = "11px sans-serif";
  if (scale.to - scale.from < scale.end) {
    pen.fillStyle = palette.colours.dim;
    pen.fillText(`${spanOf(scale.to - scale.from)} of ${spanOf(scale.end)}`, 8, RULER / 2);
  }
  for (const t of scale.marks()) {
    const x = Math.round(scale.x(t)) + 0.5;
    pen.strokeStyle = palette.colours.line;
    pen.beginPath();
    pen.moveTo(x, RULER - 5);
    pen.lineTo(x, height);
    pen.stroke();
    pen.fillStyle = palette.colours.dim;
    const right = scale.left + scale.width;
    pen.textAlign = x - scale.left < 20 ? "left" : x > right - 20 ? "right" : "center";
    pen.fillText(spanOf(t).replace(/(?<=[hm])0s$/, "").replace(/(?<=h)0m$/, ""), x, RULER / 2);
  }
  pen.textAlign = "left";
}

/** Steps as bars. Of what falls into one pixel the worst is drawn. */
function bars(scene, steps, y, h, words) {
  const { pen, scale, palette } = scene;
  const narrow = new Map();
  for (let at = firstAfter(steps, scale.from); at < steps.length && steps[at].t < scale.to; at += 1) {
    const one = steps[at];
    if (one.state === null) continue;
    const x = Math.max(scale.x(one.t), scale.left);
    const end = Math.min(scale.x(Math.min(one.end, scene.run.end)), scale.left + scale.width);
    const wide = end - x;
    if (wide < 1) {
      const pixel = Math.floor(x);
      const bad = WORST.indexOf(one.state);
      if (bad > WORST.indexOf(narrow.get(pixel))) narrow.set(pixel, one.state);
      continue;
    }
    pen.fillStyle = palette.fills[one.state];
    pen.fillRect(x, y, wide, h);
    if (one.state === "pending" || one.state === "waits") {
      pen.strokeStyle = palette.colours.pe2;
      pen.strokeRect(x + 0.5, y + 0.5, Math.max(wide - 1, 0), h - 1);
    }
    if (words && wide > 34) letters(scene, words(one), LOOKS[one.state], x, y, wide, h);
  }
  // Over the wide ones, which begin or end in the same pixels.
  for (const [pixel, state] of narrow) {
    pen.fillStyle = palette.fills[state];
    pen.fillRect(pixel, y, 1, h);
  }
}

function letters(scene, text, look, x, y, wide, h) {
  const { pen, palette } = scene;
  if (look.pattern) {
    const room = Math.min(pen.measureText(text).width + 6, wide - 2);
    pen.fillStyle = palette.colours[look.fill];
    pen.fillRect(x + 1, y + 1, room, h - 2);
  }
  pen.fillStyle = look.light ? "#fff" : "#1f2328";
  clip(scene, text, x + 4, y + h / 2 + 0.5, wide - 8);
}

function label(scene, text, x, y, bold, colour) {
  scene.pen.font = bold ? "600 12px sans-serif" : "11px sans-serif";
  scene.pen.fillStyle = colour ?? scene.palette.colours.fg;
  clip(scene, shortened(scene.pen, text, NAMES - x - 6), x, y, NAMES - x - 6);
}

/** Names of siblings differ at their ends: what is too long loses its middle. */
function shortened(pen, text, room) {
  if (pen.measureText(text).width <= room || text.length < 20) return text;
  for (let kept = text.length - 12; kept > 4; kept -= 1) {
    const short = `${text.slice(0, kept)}…${text.slice(-10)}`;
    if (pen.measureText(short).width <= room) return short;
  }
  return text;
}

/** How many there are under the line of how many there shall be. */
function curve(scene, steps, y, h) {
  const { pen, scale, palette } = scene;
  const most = Math.max(1, ...steps.map((one) => Math.max(one.available ?? 0, one.desired ?? 0)));
  const level = (count) => y + h - ((count ?? 0) / most) * h;
  const path = (key) => {
    pen.beginPath();
    for (let at = firstAfter(steps, scale.from); at < steps.length && steps[at].t < scale.to; at += 1) {
      const one = steps[at];
      const [x, end] = [Math.max(scale.x(one.t), scale.left), Math.min(scale.x(Math.min(one.end, scene.run.end)), scale.left + scale.width)];
      if (key === "available") pen.rect(x, level(one[key]), end - x, y + h - level(one[key]));
      else {
        pen.moveTo(x, level(one[key]));
        pen.lineTo(end, level(one[key]));
      }
    }
  };
  path("available");
  pen.fillStyle = palette.colours.av;
  pen.fill();
  if (steps.every((one) => one.desired === null)) return;
  path("desired");
  pen.strokeStyle = palette.colours.fg;
  pen.setLineDash([4, 3]);
  pen.stroke();
  pen.setLineDash([]);
}

function select(scene, row, y) {
  const { pen, palette, width } = scene;
  pen.fillStyle = palette.colours.band;
  pen.fillRect(0, y, width, row.h);
  pen.fillStyle = palette.colours.mark;
  pen.fillRect(0, y, 3, row.h);
}

function group(scene, row, y) {
  const { group: own } = row;
  scene.pen.fillStyle = scene.palette.colours.band;
  scene.pen.fillRect(0, y, scene.width, row.h);
  if (scene.selected === own) select(scene, row, y);
  const figures = own.object?.figures ?? [];
  if (figures.length) curve(scene, figures, y + 6, row.h - 10);
  const closed = scene.view.closed.has(own.key) ? "▸" : "▾";
  label(scene, `${closed} ${own.name}`, 8, y + 13, true);
  const now = lastAt(figures, scene.cursor);
  const count = `${row.shown} pod${row.shown === 1 ? "" : "s"}`;
  const level = now && now.available !== null ? `${now.available} of ${now.desired} available` : count;
  label(scene, level, 22, y + 29, false, scene.palette.colours.dim);
}

function podRow(scene, row, y) {
  const { pod } = row;
  if (scene.selected === pod) select(scene, row, y);
  label(scene, pod.name, 22, y + row.h / 2, false);
  scene.pen.font = "10px sans-serif";
  bars(scene, pod.shown, y + 2, row.h - 4, (one) => one.status || LOOKS[one.state].words);
  if (!scene.view.all && !scene.view.open.has(pod.ix)) warnings(scene, pod, y);
}

/** A warning is a notch in the upper edge of a closed pod. */
function warnings(scene, pod, y) {
  const { pen, scale, palette } = scene;
  pen.fillStyle = palette.colours.wn;
  let last = -9;
  for (const event of pod.events) {
    if (!event.warns || event.t < scale.from || event.t > scale.to) continue;
    const x = scale.x(event.t);
    if (x - last < 4) continue;
    last = x;
    triangle(pen, x, y + 1, 4);
  }
}

function triangle(pen, x, y, size) {
  pen.beginPath();
  pen.moveTo(x - size, y);
  pen.lineTo(x + size, y);
  pen.lineTo(x, y + size * 1.5);
  pen.fill();
}

function containerRow(scene, row, y) {
  if (scene.selected === row.pod) select(scene, row, y);
  const { name, role } = row.container;
  label(scene, role ? `${role}: ${name}` : name, 34, y + row.h / 2, false, scene.palette.colours.dim);
  scene.pen.font = "9px sans-serif";
  bars(scene, row.container.stages, y + 1, row.h - 2, (one) => one.reason || LOOKS[one.state].words);
}

function eventsRow(scene, row, y) {
  const { pen, scale, palette } = scene;
  if (scene.selected === row.pod) select(scene, row, y);
  for (const event of row.pod.events) {
    if (event.t < scale.from || event.t > scale.to) continue;
    const x = scale.x(event.t);
    pen.fillStyle = pen.strokeStyle = event.warns ? palette.colours.wn : palette.colours.dim;
    if (event.warns) triangle(pen, x, y + 2, 4);
    else {
      pen.beginPath();
      pen.arc(x, y + row.h / 2, 2.5, 0, 7);
      pen.stroke();
    }
  }
}

function nodeRow(scene, row, y) {
  if (scene.selected === row.node) select(scene, row, y);
  label(scene, row.node.name, 22, y + row.h / 2, false);
  scene.pen.font = "10px sans-serif";
  bars(scene, row.node.shown, y + 3, row.h - 6, (one) => one.status);
}

function serviceRow(scene, row, y) {
  if (scene.selected === row.object) select(scene, row, y);
  label(scene, `service/${row.object.name}`, 8, y + 11, true);
  const now = lastAt(row.object.endpoints, scene.cursor);
  label(scene, `${now?.available ?? 0} ready endpoints`, 22, y + 25, false, scene.palette.colours.dim);
  curve(scene, row.object.endpoints, y + 4, row.h - 8);
}

/** A diamond for each thing that was done from outside, with its words where there is room. */
function deedsRow(scene, row, y) {
  const { pen, scale, palette } = scene;
  if (scene.selected === row.deeds) select(scene, row, y);
  label(scene, "done from outside", 8, y + row.h / 2, false, palette.colours.dim);
  pen.font = "10px sans-serif";
  const seen = row.deeds.filter((deed) => deed.t >= scale.from && deed.t <= scale.to);
  seen.forEach((deed, at) => {
    const x = scale.x(deed.t);
    const middle = y + row.h / 2;
    pen.fillStyle = deed.answers.some((one) => one.refused) ? palette.colours.wn : palette.colours.mark;
    pen.beginPath();
    pen.moveTo(x - 5, middle);
    pen.lineTo(x, middle - 5);
    pen.lineTo(x + 5, middle);
    pen.lineTo(x, middle + 5);
    pen.fill();
    pen.fillStyle = palette.colours.fg;
    const next = at + 1 < seen.length ? scale.x(seen[at + 1].t) - 8 : scale.left + scale.width;
    clip(scene, deed.words, x + 8, middle + 0.5, next - x - 8);
  });
}

const ROWS = {
  deeds: deedsRow,
  group,
  pod: podRow,
  container: containerRow,
  events: eventsRow,
  node: nodeRow,
  service: serviceRow,
  label: (scene, row, y) => label(scene, row.words, 8, y + row.h / 2, true),
};

function cursor(scene) {
  const { pen, scale, height, palette } = scene;
  if (scene.cursor < scale.from || scene.cursor > scale.to) return;
  const x = Math.round(scale.x(scene.cursor)) + 0.5;
  pen.strokeStyle = palette.colours.mark;
  pen.beginPath();
  pen.moveTo(x, 0);
  pen.lineTo(x, height);
  pen.stroke();
  pen.fillStyle = palette.colours.mark;
  triangle(pen, x, 0, 5);
}
