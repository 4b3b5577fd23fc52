// Pictures for one parameter: chosen, dropped, pasted, from the camera, or named. Shown with a way to take each back.

const KINDS = /^image\/(jpeg|png|webp|gif)$/;

/** One picture: a `file` of this browser, or a `name` that the server knows. */
export class Picker {
  #box;
  #items = [];
  #changed;

  constructor(box, changed) {
    this.#box = box;
    this.#changed = changed;
    this.name = box.dataset.field;
    this.most = Number(box.dataset.most);
    this.chooser = box.querySelector("input[type=file]");
    this.address = box.querySelector(".by-address input");
    this.#show(this.#named());
    this.#listen();
  }

  /** Whether nothing of the reader's own is here. */
  get untouched() { return this.#items.every((item) => item.name); }

  /** Puts names of samples or addresses in the place of everything. */
  setNames(names) {
    this.address.value = names.join(",");
    this.#show(this.#named());
    this.#changed();
  }

  /** Adds files; they take the place of samples, and of what is too many. */
  add(files) {
    const pictures = [...files].filter((file) => KINDS.test(file.type));
    if (!pictures.length) {
      this.complain("This is no picture. JPEG, PNG, WebP and GIF are taken.");
      return;
    }
    const own = this.#items.filter((item) => item.file);
    const room = Math.max(this.most - pictures.length, 0);
    const all = [...(this.most > 1 ? own.slice(0, room) : []), ...pictures.map((file) => ({ file }))];
    this.address.value = "";
    this.#show(all.slice(0, this.most));
    this.complain(all.length > this.most ? `At most ${this.most} are taken; the others were left out.` : "");
    this.#changed();
  }

  /** Says what is wrong. */
  complain(text) { this.#box.querySelector(".problem").textContent = text; }

  /** Adds what was chosen to a form that is sent. */
  fill(form) {
    for (const item of this.#items) form.append(this.name, item.file ?? item.name);
  }

  /** Adds what was chosen to a question about cost and code: of files their names. */
  describe(query) {
    for (const item of this.#items) query.append(this.name, item.file ? `file:${item.file.name}` : item.name);
  }

  #named() {
    return this.address.value.split(",").map((name) => name.trim()).filter(Boolean)
      .slice(0, this.most).map((name) => ({ name }));
  }

  #show(items) {
    for (const item of this.#items) if (item.url) URL.revokeObjectURL(item.url);
    this.#items = items;
    this.#box.querySelector(".previews").replaceChildren(...items.map((item) => this.#preview(item)));
  }

  #preview(item) {
    const what = item.file?.name ?? item.name.split("/").pop();
    const place = document.createElement("li");
    const picture = document.createElement("img");
    if (item.file) item.url = URL.createObjectURL(item.file);
    picture.src = item.url ?? sourceOf(item.name);
    picture.alt = what;
    // Another server's picture is not loaded by this page.
    picture.addEventListener("error", () => picture.classList.add("unseen"), { once: true });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "remove";
    remove.setAttribute("aria-label", `Remove ${what}`);
    remove.textContent = "×";
    remove.addEventListener("click", () => this.#remove(item));
    place.append(picture, remove);
    return place;
  }

  #remove(gone) {
    const left = this.#items.filter((item) => item !== gone).map(({ file, name }) => ({ file, name }));
    this.address.value = left.filter((item) => item.name).map((item) => item.name).join(",");
    this.#show(left);
    this.chooser.focus();
    this.#changed();
  }

  #listen() {
    const box = this.#box;
    this.chooser.addEventListener("change", () => {
      if (this.chooser.files.length) this.add(this.chooser.files);
      this.chooser.value = "";
    });
    this.address.addEventListener("change", () => this.setNames(this.#named().map((item) => item.name)));
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("over");
      this.add(event.dataTransfer.files);
    });
    const camera = box.querySelector(".camera");
    camera.hidden = !navigator.mediaDevices?.getUserMedia;
    camera.addEventListener("click", async () => {
      const file = await photograph((reason) => this.complain(reason));
      if (file) this.add([file]);
      camera.focus();
    });
  }
}

/** Where the browser finds a picture that the server knows by name. */
function sourceOf(name) {
  const base = document.getElementById("run-form").dataset.base;
  if (name.startsWith(`${base}/`)) return name.slice(base.length);
  return name.includes("/") ? name : `/uploads/sampleinputs/${encodeURIComponent(name)}`;
}

/** Shows the camera until a picture is taken; gives it as a file, or nothing. */
async function photograph(complain) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1920 } } });
  } catch {
    complain("The camera cannot be used. Allow it for this page, or choose a file.");
    return null;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "camera-view";
  dialog.setAttribute("aria-label", "Camera");
  dialog.innerHTML = `<video autoplay playsinline muted></video>
    <form method="dialog" class="row"><button value="take">Take it</button>
    <button class="second" value="">Cancel</button></form>`;
  const video = dialog.querySelector("video");
  video.srcObject = stream;
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  let file = null;
  if (dialog.returnValue === "take" && video.videoWidth) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    file = new File([blob], "camera.jpg", { type: "image/jpeg" });
  }
  for (const track of stream.getTracks()) track.stop();
  dialog.remove();
  return file;
}
