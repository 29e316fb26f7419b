// kubelapse in a browser or in Node: `const play = await load(bytes)`, then `await play({ scenario, seed, set, manifests })`
// answers { digest, steps, failures, timeline, pods }, or { problems } when the scenario is wrong. `const ask = await hold(bytes)`
// is a session that stays: `await ask({ open: { text } })`, then `ask({ say: { words: "next" } })` and what else
// `web/src/held.rs` lists.

/** Hands a request over and calls; the answer's text. */
function called({ memory, request, answer }, call, asked) {
  const text = new TextEncoder().encode(JSON.stringify(asked));
  // Room first, and only then a view: memory that has grown has a new buffer.
  const room = request(text.length) >>> 0;
  new Uint8Array(memory.buffer).set(text, room);
  return read({ memory, answer }, call() >>> 0);
}

function read({ memory, answer }, length) {
  return new TextDecoder().decode(new Uint8Array(memory.buffer, answer() >>> 0, length));
}

export async function load(bytes) {
  const module = await WebAssembly.compile(bytes);
  return async (asked) => {
    // Each run has an instance of its own: a fault in one does not reach the next.
    const { exports } = await WebAssembly.instantiate(module);
    return JSON.parse(called(exports, exports.play, asked));
  };
}

/** A session: asks it, and promises the answer's text. A fault ends it, and the next request has a new one. */
export async function hold(bytes) {
  const module = await WebAssembly.compile(bytes);
  let exports = null;
  return async (asked) => {
    exports ??= (await WebAssembly.instantiate(module)).exports;
    const own = exports;
    try {
      return called(own, own.ask, asked);
    } catch (problem) {
      exports = null;
      let words = "";
      try {
        words = read(own, own.fault() >>> 0);
      } catch {
        // Nothing can be read of what is broken.
      }
      const told = `error: a fault of kubelapse itself: ${words || problem}\n`;
      return JSON.stringify({ problems: told, fault: true });
    }
  };
}
