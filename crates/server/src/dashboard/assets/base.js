// What every page has: times in the reader's own zone, buttons that copy, questions before what cannot be undone.

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) {
    time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    time.title = time.dateTime;
  }
}

// On a phone a table's rows become lists (base.css): each cell carries the name of its column, and what it is to a reader.
for (const table of document.querySelectorAll(".scroll > table:has(> thead > tr)")) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  table.classList.add("listed");
  table.role = "table";
  for (const part of [table.tHead, ...table.tBodies]) part.role = "rowgroup";
  for (const row of table.rows) {
    row.role = "row";
    for (const [i, cell] of [...row.cells].entries()) {
      cell.role = { col: "columnheader", row: "rowheader" }[cell.scope] ?? "cell";
      if (i > 0 && !cell.closest("thead") && names[i]) cell.dataset.of = names[i];
    }
  }
}

/** Copies the text of the element that a button names in `data-copy`. */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Without a secure context there is no clipboard: the text is selected for the reader to copy.
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
