"use strict";
(() => {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const name = () => { button.textContent = dark() ? "Light page" : "Dark page"; };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
    try { localStorage.setItem("llm-conformance-theme", root.dataset.theme); } catch { /* not kept */ }
  });
  try {
    const kept = localStorage.getItem("llm-conformance-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch { /* none is kept */ }
  system.addEventListener("change", name);
  button.hidden = false;
  name();
})();
