// Instants and places on the screen.

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5, 1728e5, 6048e5];

/** A part of the run (milliseconds) on so many pixels. */
export class Scale {
  constructor(end) {
    this.end = end;
    this.from = 0;
    this.to = end;
    this.left = 0;
    this.width = 1;
  }
  x(t) {
    return this.left + ((t - this.from) / (this.to - this.from)) * this.width;
  }
  t(x) {
    return this.from + ((x - this.left) / this.width) * (this.to - this.from);
  }
  /** Shows a part; never less than 10 ms, never beyond the run. */
  show(from, to) {
    const span = Math.min(Math.max(to - from, 10), this.end);
    this.from = Math.min(Math.max(from, 0), this.end - span);
    this.to = this.from + span;
  }
  /** Zooms so that an instant stays where it is. */
  zoom(factor, about) {
    const span = Math.min(Math.max((this.to - this.from) * factor, 10), this.end);
    const share = (about - this.from) / (this.to - this.from);
    this.show(about - share * span, about - share * span + span);
  }
  move(by) {
    this.show(this.from + by, this.to + by);
  }
  /** Moves as little as shows an instant. */
  reveal(t) {
    const span = this.to - this.from;
    if (t < this.from) this.show(t - span * 0.1, t + span * 0.9);
    else if (t > this.to) this.show(t - span * 0.9, t + span * 0.1);
  }
  /** The ruler's marks, some 110 pixels apart. */
  marks() {
    const wanted = ((this.to - this.from) / this.width) * 110;
    const step = STEPS.find((one) => one >= wanted) ?? Math.ceil(wanted / 6048e5) * 6048e5;
    const marks = [];
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) marks.push(t);
    return marks;
  }
}

/** `1h2m3s`, `2m3.5s`, `0s`: as the program spells spans. */
export function spanOf(ms) {
  const whole = Math.round(ms);
  if (whole < 0) return `-${spanOf(-whole)}`;
  const [hours, minutes, rest] = [Math.floor(whole / 36e5), Math.floor(whole / 6e4) % 60, whole % 6e4];
  const seconds = `${+(rest / 1000).toFixed(3)}s`;
  if (hours) return `${hours}h${minutes}m${seconds}`;
  return minutes ? `${minutes}m${seconds}` : seconds;
}

/** The clock's time of an instant, in UTC. */
export function clockOf(run, t) {
  return new Date(run.start + t).toISOString().replace("T", " ").replace("Z", " UTC");
}
