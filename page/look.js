// Colours, patterns and words of each state. Colours stand in page.css, for light and dark.

/** Words, the colour's name, the second colour and pattern where it is no plain one, and whether letters on it are light. */
export const LOOKS = {
  pending: { words: "Pending", fill: "pe" },
  notReady: { words: "Running, not ready", fill: "nr", other: "nr2", pattern: "dots" },
  ready: { words: "Running, ready", fill: "re", light: true },
  succeeded: { words: "Succeeded", fill: "su", light: true },
  failed: { words: "Failed", fill: "fa", other: "fa2", pattern: "cross", light: true },
  trouble: { words: "in trouble, by its STATUS", fill: "bo", other: "bo2", pattern: "falling" },
  leaving: { words: "Terminating", fill: "le", other: "le2", pattern: "upright" },
  cordoned: { words: "Ready, cordoned: takes no new pods", fill: "pe", other: "pe2", pattern: "falling" },
  unknown: { words: "Unknown", fill: "un", other: "un2", pattern: "level" },
  waits: { words: "waits", fill: "wa" },
  backOff: { words: "back-off", fill: "bo", other: "bo2", pattern: "rising" },
  stuck: { words: "cannot be started", fill: "st", other: "st2", pattern: "falling" },
  runs: { words: "runs, not ready", fill: "ru" },
  runsReady: { words: "runs, ready", fill: "rr", light: true },
  ended: { words: "ended with 0", fill: "ok", light: true },
  error: { words: "ended with an error", fill: "er", light: true },
};

const STROKES = {
  cross: [[0, 0, 6, 6], [6, 0, 0, 6]],
  upright: [[1, 0, 1, 6]],
  level: [[0, 1, 6, 1]],
  rising: [[-1, 7, 7, -1], [-1, 1, 1, -1], [5, 7, 7, 5]],
  falling: [[-1, -1, 7, 7], [5, -1, 7, 1], [-1, 5, 1, 7]],
};

function tile(look, colours) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 6;
  const pen = canvas.getContext("2d");
  pen.fillStyle = colours[look.fill];
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = pen.fillStyle = colours[look.other];
  pen.lineWidth = 1.2;
  if (look.pattern === "dots") pen.fillRect(2, 2, 2, 2);
  for (const [ax, ay, bx, by] of STROKES[look.pattern] ?? []) {
    pen.beginPath();
    pen.moveTo(ax, ay);
    pen.lineTo(bx, by);
    pen.stroke();
  }
  return canvas;
}

/** Colours as they are now, and what fills each state. */
export function palette(pen) {
  const style = getComputedStyle(document.documentElement);
  const names = ["bg", "fg", "dim", "line", "band", "mark", "av", "av2", "wn", "pe2"];
  for (const look of Object.values(LOOKS)) names.push(look.fill, look.other ?? look.fill);
  const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const fills = {};
  for (const [state, look] of Object.entries(LOOKS)) {
    fills[state] = look.pattern ? pen.createPattern(tile(look, colours), "repeat") : colours[look.fill];
  }
  return { colours, fills };
}

/** A small picture of how a state looks. */
export function swatch(palette, state) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [36, 14];
  const pen = canvas.getContext("2d");
  pen.fillStyle = palette.fills[state];
  pen.fillRect(0, 0, 36, 14);
  pen.strokeStyle = palette.colours.pe2;
  pen.strokeRect(0.5, 0.5, 35, 13);
  return canvas;
}
