// node web/run.mjs kubelapse_web.wasm < requests.json: a list of requests in, the list of answers out.
import { readFileSync, writeFileSync } from "node:fs";
import { load } from "./kubelapse.mjs";

const play = await load(readFileSync(process.argv[2]));
const answers = [];
for (const asked of JSON.parse(readFileSync(0, "utf8"))) answers.push(await play(asked));
writeFileSync(1, JSON.stringify(answers));
