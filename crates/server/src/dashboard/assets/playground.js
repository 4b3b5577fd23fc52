// The page of a tool: the form stays while its task runs, cost and code follow what it holds, and the result is shown.

import { Picker } from "./picker.js";
import { follow, look } from "./follow.js";

const form = document.getElementById("run-form");
const go = document.getElementById("go");
const state = document.getElementById("run-state");
const result = document.getElementById("result");
const problem = document.getElementById("run-problem");
const token = form.elements.csrf.value;

/** Milliseconds after the last change before cost and code are asked for. */
const SETTLED = 250;

let timer;
function changed() {
  clearTimeout(timer);
  timer = setTimeout(preview, SETTLED);
}

const pickers = [...form.querySelectorAll(".picker")].map((box) => new Picker(box, changed));
form.classList.add("lively");
form.addEventListener("input", changed);

/** The fields besides the pictures: those that belong to no picker. */
function scalars() {
  const outside = (input) => input.name && input.name !== "csrf" && !input.closest(".picker") && !input.disabled;
  return [...form.elements].filter(outside).map((input) => [input.name, input.value]);
}

let asked = 0;
async function preview() {
  const query = new URLSearchParams([["csrf", token], ...scalars()]);
  for (const picker of pickers) picker.describe(query);
  const turn = ++asked;
  const reply = await fetch(`${form.dataset.tool}/preview`, { method: "POST", body: query }).catch(() => null);
  if (!reply?.ok || turn !== asked) return;
  const { cost, balance, code, tryon } = await reply.json();
  document.getElementById("cost").textContent = cost;
  document.getElementById("balance").textContent = balance;
  for (const [prefix, programs] of [["code", code], ["code-tryon", tryon]]) {
    for (const [language, text] of Object.entries(programs)) {
      const place = document.getElementById(`${prefix}-${language}`);
      if (place) place.textContent = text;
    }
  }
}

// Sample sets fill the form without loading the page.
for (const link of form.querySelectorAll("[data-set]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    for (const [name, values] of Object.entries(JSON.parse(link.dataset.set))) {
      const picker = pickers.find((one) => one.name === name);
      if (picker) picker.setNames(values);
      else if (form.elements[name]) [form.elements[name].value] = values;
    }
    changed();
  });
}

// What is pasted goes to the parameter that has the focus, or to the first one that holds nothing of the reader's own.
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files ?? [];
  if (!files.length) return;
  const box = document.activeElement?.closest(".picker");
  const focused = pickers.find((picker) => picker.name === box?.dataset.field);
  (focused ?? pickers.find((picker) => picker.untouched) ?? pickers[0])?.add(files);
  event.preventDefault();
});

function newSeed(input) {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  input.value = String(number);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
for (const button of form.querySelectorAll("[data-seed]")) {
  button.hidden = false;
  button.addEventListener("click", () => newSeed(document.getElementById(button.dataset.seed)));
}

/** Puts what is wrong at the field that caused it. */
function complain({ field, text }) {
  const box = field && form.querySelector(`[data-field="${CSS.escape(field)}"]`);
  if (!box) {
    problem.textContent = text;
    return;
  }
  box.closest("details")?.setAttribute("open", "");
  box.querySelector(".problem").textContent = text;
  const input = box.querySelector("input, select, textarea");
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

function clearProblems() {
  for (const place of form.querySelectorAll(".problem")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

async function run() {
  clearProblems();
  const body = new FormData();
  body.append("csrf", token);
  for (const [name, value] of scalars()) body.append(name, value);
  for (const picker of pickers) picker.fill(body);
  go.disabled = true;
  say({ text: "Sending", running: false });
  try {
    const reply = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    const isJson = reply.headers.get("content-type")?.includes("json");
    const answer = isJson ? await reply.json() : null;
    if (reply.ok && answer) {
      history.replaceState(null, "", `?task=${answer.task}`);
      await watch(answer);
    } else {
      state.replaceChildren();
      complain(answer?.problem ?? { text: "This was not run. Load the page anew and try again." });
    }
  } catch {
    state.replaceChildren();
    complain({ text: "The server cannot be reached. Nothing was charged; try again." });
  } finally {
    go.disabled = false;
  }
}

let watching = new AbortController();
/** Follows a task to its end and shows what came of it. */
async function watch(task) {
  watching.abort();
  const mine = new AbortController();
  watching = mine;
  stage().dataset.task = task.task;
  await follow(task, (news) => { if (!mine.signal.aborted) say(news, task.task); }, mine.signal);
  if (mine.signal.aborted) return;
  state.replaceChildren();
  const reply = await fetch(`/dashboard/runs/${task.task}/result`).catch(() => null);
  if (!reply?.ok || mine.signal.aborted) return;
  // Our own server's page, in which every text is escaped.
  result.innerHTML = await reply.text();
  prepare();
  const now = await look(task.task);
  if (now) document.getElementById("balance").textContent = now.balance;
}

function stage() { return document.getElementById("stage"); }

/** Shows how far the task is, with a way to stop it. */
function say({ text, percent, running }, task) {
  let words = state.querySelector("p");
  if (!words) {
    state.replaceChildren(document.createElement("p"), document.createElement("progress"));
    words = state.querySelector("p");
    state.querySelector("progress").setAttribute("aria-label", "Progress");
  }
  words.textContent = text;
  const bar = state.querySelector("progress");
  if (percent === undefined) bar.removeAttribute("value");
  else Object.assign(bar, { max: 100, value: percent });
  if (task) stopButton(task, running);
}

function stopButton(task, running) {
  let button = state.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "danger";
    button.addEventListener("click", () => stop(task, button));
    state.append(button);
  }
  button.textContent = running ? "Stop" : "Take back";
  button.dataset.how = running ? "kill" : "cancel";
}

/** Takes back a task that waits; one that a worker has by now is killed. */
async function stop(task, button) {
  button.disabled = true;
  const post = (how) => fetch(`/dashboard/tasks/${task}/${how}`, {
    method: "POST", body: new URLSearchParams({ csrf: token }), headers: { accept: "application/json" },
  }).catch(() => null);
  let reply = await post(button.dataset.how);
  if (reply?.status === 400 && button.dataset.how === "cancel") reply = await post("kill");
  button.disabled = false;
  if (!reply || reply.status >= 400) problem.textContent = "It could not be stopped: it may have ended already.";
}

/** Makes the parts of a result work. */
function prepare() {
  for (const box of result.querySelectorAll(".compare")) {
    const range = box.querySelector("input");
    const cut = () => box.style.setProperty("--cut", `${range.value}%`);
    range.addEventListener("input", cut);
    cut();
  }
  for (const button of result.querySelectorAll("[data-again]")) {
    button.addEventListener("click", () => {
      const seed = form.elements[form.dataset.seed];
      if (button.dataset.again === "seed" && seed) newSeed(seed);
      run();
    });
  }
}

preview();
if (form.dataset.task) watch({ task: form.dataset.task, token: form.dataset.taskToken });
