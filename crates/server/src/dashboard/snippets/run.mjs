// Node 20 or newer: save it as run.mjs.
import { readFile } from "node:fs/promises";
<<credentials>>

const form = new FormData();
<<fields>>const post = async (address, body, more = {}) =>
  (await fetch(address, { method: "POST", headers: { ...headers, ...more }, body })).json();
const reply = await post(<<run>>, form);
if (!reply.result) throw new Error(reply.errors[0].message);

const query = JSON.stringify({ tasktoken: reply.socketaccesstoken });
let task;
do {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  [task] = (await post(<<detail>>, query, { "content-type": "application/json" })).tasklist;
} while (!["task_postprocess_end", "task_cancel"].includes(task.status));

if (task.pexit !== "0") throw new Error(task.debugerror || task.status);
for (const output of task.outputs) console.log(output.url);
