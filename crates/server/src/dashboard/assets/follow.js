// Follows one task over the socket: its place in the queue, its progress, its end.

const WORDS = {
  task_queue: "Waiting", task_accept: "A worker has it", task_preprocess_start: "Reading the pictures",
  task_preprocess_end: "The pictures are read", task_assign: "Getting ready", task_start: "Running",
};
/** Milliseconds between two looks into the queue, and before a lost socket is opened again. */
const AGAIN = 1500;

/**
 * Calls `show({text, percent, running})` whenever there is news, and ends when the task has.
 * `task` has its number and its token.
 */
export async function follow(task, show, signal) {
  let waiting = true;
  const asking = (async () => {
    while (waiting && !signal.aborted) {
      const state = await look(task.task);
      if (!state || !state.waiting) break;
      const { before } = state;
      if (waiting) show({ text: before ? `Waiting: ${before} before it` : "Waiting: it is next", running: false });
      await pause(AGAIN);
    }
  })();
  let ended = false;
  while (!ended && !signal.aborted) {
    ended = await listen(task.token, (frame) => {
      if (frame.type === "task_queue") return;
      waiting = false;
      if (frame.type === "task_output" && frame.message?.percentage) {
        const { stage, percentage, remainingTime } = frame.message;
        show({ text: `${stage}, ${percentage} %, about ${remainingTime} left`, percent: Number(percentage), running: true });
      } else if (WORDS[frame.type]) {
        show({ text: WORDS[frame.type], running: true });
      }
    }, signal);
    if (!ended && !signal.aborted) {
      // A server that stops closes its sockets; what was missed is told again.
      ended = (await look(task.task))?.ended ?? false;
      if (!ended) await pause(AGAIN);
    }
  }
  waiting = false;
  await asking;
}

/** How the task is doing, or nothing if the server does not say. */
export async function look(task) {
  try {
    const reply = await fetch(`/dashboard/runs/${task}`, { headers: { accept: "application/json" } });
    return reply.ok ? await reply.json() : null;
  } catch {
    return null;
  }
}

/** Hears one socket to its end; whether the task has ended. */
function listen(token, heard, signal) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1`);
    let ended = false;
    signal.addEventListener("abort", () => socket.close(), { once: true });
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "task_info", tasktoken: token })));
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data);
      heard(frame);
      if (frame.type === "task_postprocess_end" || frame.type === "task_cancel") {
        ended = true;
        socket.close();
      }
    });
    socket.addEventListener("close", () => resolve(ended));
  });
}

function pause(milliseconds) { return new Promise((resolve) => { setTimeout(resolve, milliseconds); }); }
