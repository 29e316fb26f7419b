// kubelapse in a browser or in Node: `const play = await load(bytes)`, then `await play({ scenario, seed, set, manifests })`
// answers { digest, steps, failures, timeline, pods }, or { problems } when the scenario is wrong.

export async function load(bytes) {
  const module = await WebAssembly.compile(bytes);
  return async (asked) => {
    // Each run has an instance of its own: a fault in one does not reach the next.
    const { memory, request, play, answer } = (await WebAssembly.instantiate(module)).exports;
    const text = new TextEncoder().encode(JSON.stringify(asked));
    // Room first, and only then a view: memory that has grown has a new buffer.
    const room = request(text.length) >>> 0;
    new Uint8Array(memory.buffer).set(text, room);
    const length = play() >>> 0;
    return JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, answer() >>> 0, length)));
  };
}
