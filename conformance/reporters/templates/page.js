"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const list = one("rows");
  const rows = [...list.children].map((row) => ({ row, said: row.dataset, text: null }));
  const verdicts = [...document.querySelectorAll("#filter [name=verdict]")];
  const choices = ["level", "group", "reading"].map((name) => [name, one(name)]);
  const levels = ["must", "should", "may"];

  const textOf = (each) => {
    if (each.text === null) {
      const findings = [...each.row.querySelectorAll(".finding > h3")];
      each.text = [each.row.firstElementChild, ...findings].map((part) => part.textContent).join(" ").toLowerCase();
    }
    return each.text;
  };

  const filter = () => {
    const words = one("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(verdicts.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const each of rows) {
      const kept = wanted.has(each.said.verdict)
        && choices.every(([name, choice]) => !choice.value || each.said[name] === choice.value)
        && words.every((word) => textOf(each).includes(word));
      if (each.row.hidden === kept) each.row.hidden = !kept;
      shown += kept;
    }
    const said = `${shown} of ${rows.length} shown`;
    if (one("shown").textContent !== said) one("shown").textContent = said;
  };

  const orders = {
    rank: (a, b) => a.said.rank - b.said.rank || a.said.place - b.said.place,
    place: (a, b) => a.said.place - b.said.place,
    id: (a, b) => (a.row.id < b.row.id ? -1 : 1),
    level: (a, b) => levels.indexOf(a.said.level) - levels.indexOf(b.said.level) || orders.rank(a, b),
  };

  const open = () => {
    let id;
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const row = id && one(id);
    if (!row || !row.classList.contains("row")) return;
    if (row.hidden) {
      one("filter").reset();
      filter();
    }
    row.open = true;
    row.scrollIntoView();
    row.firstElementChild.focus({ preventScroll: true });
  };

  const copy = async (button) => {
    const code = button.previousElementSibling;
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl-C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  one("filter").hidden = false;
  one("filter").addEventListener("input", filter);
  one("filter").addEventListener("submit", (event) => event.preventDefault());
  one("sort").addEventListener("change", (event) => {
    list.append(...rows.sort(orders[event.target.value]).map((each) => each.row));
  });
  for (const button of document.querySelectorAll(".copy")) button.hidden = false;
  list.addEventListener("click", (event) => {
    if (event.target.classList.contains("copy")) copy(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    one("words").focus();
  });

  list.addEventListener("toggle", (event) => {
    const mark = event.target.open && event.target.matches(".exchange") && event.target.querySelector("mark");
    if (mark) mark.parentElement.scrollTop = mark.offsetTop - mark.parentElement.offsetTop - 80;
  }, true);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll(".row.broken:not([open]), .row.broken .exchange:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
  addEventListener("hashchange", open);
  const warm = (due) => {
    const left = rows.find((each) => each.text === null);
    if (!left) return;
    for (const each of rows) {
      if (each.text === null && due.timeRemaining() > 1) textOf(each);
    }
    requestIdleCallback(warm);
  };
  if (window.requestIdleCallback) requestIdleCallback(warm);
  filter();
  open();
})();
