"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const sections = [...document.querySelectorAll(".section")].map((section) => ({
    button: section.querySelector("button"),
    lines: [...section.querySelectorAll(".line")].map((row) => ({
      row, differs: row.dataset.differs === "yes", text: row.firstElementChild.textContent.toLowerCase(),
    })),
    head: section.firstElementChild,
  }));
  const total = sections.reduce((sum, section) => sum + section.lines.length, 0);
  const isOpen = (section) => section.button.getAttribute("aria-expanded") === "true";

  const filter = () => {
    const words = one("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const differing = one("differing").checked;
    let shown = 0;
    for (const section of sections) {
      let here = 0;
      for (const line of section.lines) {
        const kept = (!differing || line.differs) && words.every((word) => line.text.includes(word));
        here += kept;
        const hidden = !kept || !isOpen(section);
        if (line.row.hidden !== hidden) line.row.hidden = hidden;
      }
      section.head.hidden = here === 0;
      shown += here;
    }
    one("shown").textContent = `${shown} of ${total} rows`;
    one("fold").textContent = sections.some(isOpen) ? "Fold all groups" : "Unfold all groups";
  };
  const fold = (section, open) => section.button.setAttribute("aria-expanded", String(open));

  for (const section of sections) {
    section.button.addEventListener("click", () => { fold(section, !isOpen(section)); filter(); });
  }
  one("fold").addEventListener("click", () => {
    const open = !sections.some(isOpen);
    for (const section of sections) fold(section, open);
    filter();
  });
  one("filter").hidden = false;
  one("filter").addEventListener("input", filter);
  one("filter").addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
