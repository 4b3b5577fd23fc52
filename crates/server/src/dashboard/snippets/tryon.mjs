// Node 20 or newer: save it as tryon.mjs.
import { readFile } from "node:fs/promises";

const headers = { Authorization: "Bearer " + <<key>> };
const form = new FormData();
form.append("person_images", new Blob([await readFile(<<person>>)]), <<person>>);
form.append("garment_images", new Blob([await readFile(<<garment>>)]), <<garment>>);
const submitted = await fetch(<<submit>>, { method: "POST", headers, body: form });
const reply = await submitted.json();
if (!submitted.ok) throw new Error(reply.error);

let job;
do {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  job = await (await fetch(<<base>> + reply.statusUrl, { headers })).json();
} while (job.status === "processing");

if (job.status === "failed") throw new Error(`${job.error} (${job.errorCode})`);
console.log(job.imageUrl);
